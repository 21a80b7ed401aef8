import type { SpeechName } from "../speech/speeches.ts";
import type { Attack, AttackResult } from "./attack.ts";
import type { ClosedLoop } from "./closed.ts";
import type { Api } from "./http-caller.ts";
import type { HttpLoop, HttpResult } from "./http-loop.ts";
import type { OpenLoop } from "./open.ts";
import type { RunResult } from "./run.ts";

/** Where a load process is to connect. */
export interface Target {
  readonly port: number;
  /** Whose CPU is measured together with the load's own. */
  readonly serverPid: number;
  readonly speech: SpeechName;
  /** The path of the plain speech. */
  readonly path: string;
  readonly channels: readonly string[];
  readonly publishers: number;
  /** Publishes come from a back end through this API instead of from clients. */
  readonly api?: Api;
}

/** What a load process can be told to do, and what it answers. */
export interface LoadCommands {
  /** Opens the publishers. */
  begin: { ask: Target; answer: null };
  /** Opens or ends receivers; answers with the milliseconds it took. */
  resize: { ask: { receivers: number }; answer: number };
  closed: { ask: ClosedLoop; answer: RunResult };
  open: { ask: OpenLoop; answer: RunResult };
  /** Publishes through the HTTP API, whoever listens. */
  http: { ask: HttpLoop; answer: HttpResult };
  /** Attacks the server. */
  attack: { ask: Attack; answer: AttackResult };
  /** Every receiver is cut and comes back; answers with the milliseconds until each was back. */
  storm: { ask: null; answer: readonly number[] };
  /** Ends every connection. */
  end: { ask: null; answer: null };
}

export type LoadCommand = keyof LoadCommands;

/** One command on its way to a load process. */
export type LoadRequest = { [C in LoadCommand]: { command: C; ask: LoadCommands[C]["ask"] } }[LoadCommand];

/** What comes back: a result, or the text of an error. */
export type LoadResponse = { ok: true; answer: unknown } | { ok: false; error: string };
