import { type Payload, payloadSize, payloadToJson } from "../core/payload.ts";
import type { Position } from "../core/publication.ts";
import type { PushLog } from "../push/log.ts";
import type { Answer } from "./operations.ts";

/** One push and what became of it. */
interface Recorded {
  readonly method: string;
  readonly channel?: string;
  readonly channels?: number;
  readonly user?: string;
  readonly client?: string;
  readonly connections?: number;
  readonly queued?: boolean;
  readonly offset?: number;
  readonly outcome: string;
  readonly what: { readonly data: Payload; readonly idempotencyKey?: string };
  /** The name of the key that it came with. */
  readonly place: { readonly key: string };
}

/** Writes pushes into the log; what it keeps of a payload is the log's own decision. */
export function createRecorder(log: PushLog | null, wall: () => number): (push: Recorded) => void {
  if (!log) return () => {};
  return ({ what: { data, idempotencyKey }, place, queued = false, user, client, ...push }) =>
    log.record({
      ...push,
      time: Math.floor(wall()),
      key: place.key,
      bytes: payloadSize(data),
      queued,
      ...(user && { user }),
      ...(client && { client }),
      ...(idempotencyKey && { idempotency_key: idempotencyKey }),
      payload: payloadToJson(data),
    });
}

/** "ok", or the code of the first error. */
export function outcomeOf(answers: readonly Answer<unknown>[]): string {
  for (const answer of answers) if (!answer.ok) return String(answer.error.code);
  return "ok";
}

/** Where a publish stands in its history, and what became of it. */
export function positionOf(answer: Answer<Position>): { offset?: number; outcome: string } {
  if (!answer.ok) return { outcome: String(answer.error.code) };
  return { outcome: "ok", ...(answer.result.offset > 0 && { offset: answer.result.offset }) };
}
