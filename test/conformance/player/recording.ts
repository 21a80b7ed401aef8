import { join } from "node:path";
import type { Json, JsonObject } from "../../support/json.ts";

/** What is told of one recorded step: what is done, and `recv`, what came of it on each connection. */
export type Step = (
  | OpenStep
  | { readonly send: string; readonly frame: readonly (JsonObject | string)[] }
  | { readonly sendBinary: string; readonly hex: string }
  | { readonly close: string }
  | { readonly api: string; readonly body?: Json; readonly headers?: Headers }
  | { readonly http: string; readonly body?: Json; readonly headers?: Headers }
  | { readonly upgrade: string; readonly headers?: Headers }
  /** Milliseconds that pass. */
  | { readonly wait: number }
  /** Time passes until the second is so many milliseconds old. */
  | { readonly align: number }
) & { readonly recv: JsonObject };

export interface OpenStep {
  /** The connection's name in the recording. */
  readonly open: string;
  readonly path?: string;
  readonly query?: string;
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** False: pings are not answered. */
  readonly pong?: false;
  /** Pings are recorded. */
  readonly pings?: true;
  /** Nothing but the close is recorded. */
  readonly only?: "closed";
}

/** Null takes away a header that would be sent otherwise. */
type Headers = Readonly<Record<string, string | null>>;

/** One conversation. */
export interface Scenario {
  readonly id: string;
  readonly about: string;
  readonly steps: readonly Step[];
}

/** Conversations with a Centrifugo 6.9 that was started with one configuration. */
export interface Recording {
  readonly name: string;
  /** In the shape of the file, without an address. */
  readonly config: JsonObject;
  readonly scenarios: readonly Scenario[];
}

const folder = join(import.meta.dir, "../recordings");

/** What Chorus means to do otherwise, and why, by `SET/ID` or `SET/ID#STEP`; counted from 1. */
export const differs: Readonly<Record<string, string>> = await Bun.file(join(folder, "differs.json")).json();

/** Reads a recording and the configuration that it was made with. */
export async function readRecording(name: string): Promise<Recording> {
  const { scenarios }: { scenarios: Scenario[] } = await Bun.file(join(folder, `${name}.json`)).json();
  const { http_server: _, ...config }: JsonObject = await Bun.file(join(folder, `config.${name}.json`)).json();
  return { name, config, scenarios };
}
