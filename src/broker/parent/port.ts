import type { ByteReader, ByteWriter } from "../../core/bytes.ts";

/** Writes the body of a message. */
export type Write = (to: ByteWriter) => void;

/** The messages of an engine, by their numbers on the link. */
export const engineKinds = {
  append: 16,
  read: 17,
  tops: 18,
  remove: 19,
  subscribe: 20,
  unsubscribe: 21,
  /** A publication, to a worker that has subscribed to its channel. */
  message: 22,
  /** Messages may be missing, or streams have gone. */
  resumed: 23,
} as const;

type EngineKind = (typeof engineKinds)[keyof typeof engineKinds];

/** The connection of a worker and its parent, as far as the broker uses it. */
export interface EngineLink {
  /** False: there is no room, and it is not sent. */
  tell(kind: EngineKind, write: Write): boolean;
  /** `done` is called once, later; null where there is no answer in time. */
  call(kind: EngineKind, write: Write, done: (answer: ByteReader | null) => void): void;
  onTold(kind: EngineKind, handle: (body: ByteReader) => void): void;
  onCall(kind: EngineKind, handle: (body: ByteReader, reply: (write: Write | null) => void) => void): void;
}
