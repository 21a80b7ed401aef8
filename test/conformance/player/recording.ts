import { join } from "node:path";

/**
 * One step of a conversation: what a client or back end does, under one of the keys, and in `recv` what then arrived on
 * each connection, in order. `quiet` is the milliseconds of silence after which the step is over.
 */
export interface Step {
  /** Opens a WebSocket, or with `stream` an HTTP stream, under this name. */
  readonly open?: any;
  readonly stream?: any;
  readonly path?: any;
  readonly query?: any;
  readonly method?: any;
  readonly headers?: any;
  readonly protocols?: any;
  /** False: pings are not answered. */
  readonly pong?: boolean;
  /** True: pings are recorded. */
  readonly pings?: boolean;
  readonly only?: "closed";
  readonly proto?: any;
  readonly connect?: any;
  /** Continues from the last publications of this connection. */
  readonly after?: any;
  /** Response headers that are recorded. */
  readonly keep?: any;
  readonly bodies?: boolean;
  /** Sends commands on this connection. */
  readonly send?: any;
  readonly frame?: any;
  readonly sendBinary?: any;
  readonly hex?: any;
  readonly sendText?: any;
  readonly text?: any;
  readonly close?: any;
  /** Calls this method of the HTTP API. */
  readonly api?: any;
  readonly http?: any;
  readonly body?: any;
  /** A WebSocket handshake over a bare TCP connection. */
  readonly upgrade?: any;
  /** Scripts the answers of the backend. */
  readonly backend?: any;
  readonly wait?: number;
  /** Waits until the current second is so many milliseconds old. */
  readonly align?: number;
  readonly quiet?: number;
  readonly recv: any;
}

/** One conversation. */
export interface Scenario {
  readonly id: string;
  readonly about: string;
  readonly steps: readonly Step[];
}

/** Conversations with a Centrifugo 6.9.1 that was started with one configuration. */
export interface Recording {
  readonly name: string;
  /** The text of the configuration file. */
  readonly config: string;
  /** The port of the scripted backend that the configuration names; absent where it names none. */
  readonly backend?: number;
  readonly scenarios: readonly Scenario[];
}

const folder = join(import.meta.dir, "../recordings");

/** What Chorus does in another way on purpose, and why, by `SET/ID` or `SET/ID#STEP`, counted from 1. */
export const differs: Readonly<Record<string, string>> = await Bun.file(join(folder, "differs.json")).json();

/** Our own conversations with a Centrifugo 6.9.1, made in the same way, by the set whose configuration they have. */
const own: Readonly<Record<string, readonly Scenario[]>> = await Bun.file(join(folder, "own.json")).json();

/** Reads a recording with our own conversations of its kind, and the configuration that it was made with. */
export async function readRecording(name: string): Promise<Recording> {
  const recording = await Bun.file(join(folder, `${name}.json`)).json();
  const config = await Bun.file(join(folder, `config.${name}.json`)).text();
  return { ...recording, name, config, scenarios: [...recording.scenarios, ...(own[name] ?? [])] };
}
