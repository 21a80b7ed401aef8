/** How the load tells messages apart in what a server sends. */
export type Counting =
  /** One message a frame, all of one length. */
  | "fixed"
  /** One message a frame, of lengths that differ: offsets have more digits as they grow. */
  | "walk"
  /** A frame may hold several messages of one length, with a newline between them. */
  | "joined"
  /** Server-sent events. */
  | "events";

/** What is to be said to one server to take part: which path to open, how to join, how to publish. */
export interface Speech {
  readonly name: string;
  readonly counting: Counting;
  /** Whether a publisher has one channel, the one that it was opened for. */
  readonly bound: boolean;
  /** How receivers speak, where not as publishers do. */
  readonly receiver?: Speech;
  /** Receivers get a streamed response instead of a WebSocket. */
  readonly isStream?: boolean;
  /** The path to upgrade at, for a client of this channel. */
  target(channel: string): string;
  /** Frames that a receiver sends to join the channel, after the handshake. */
  joinFrames(channel: string): readonly (string | Uint8Array)[];
  /** Frames that a publisher sends before it publishes. */
  publisherFrames(channel: string): readonly string[];
  /** Looks at what came since the handshake: null while the greeting goes on; throws where the server refuses. */
  isGreeted(text: string, role: "receiver" | "publisher"): boolean;
  /** The text of a frame that publishes the payload; digits of `commandId`, where there are any, are patched. */
  publishText(channel: string, payload: string): string;
  /** Whether each publish is answered to its publisher, with an id of `commandIdDigits` digits. */
  readonly answered: boolean;
}

/** Where the digits of the command's id begin in `publishText`, and how many there are: ids grow without growing longer. */
export const commandIdFirst = 1_000_000_000;
export const commandIdDigits = 10;
