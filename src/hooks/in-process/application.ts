import type { StandardSchemaV1 as Schema } from "@standard-schema/spec";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";
import { type Payload, payloadToJson } from "../../core/payload.ts";
import { type Seconds, seconds } from "../../core/time.ts";
import type { HookClient } from "../hooks.ts";
import { ConnectionHandle, type HandlePort, UpgradeHandle } from "./handle.ts";
import type { OutputCheck } from "./output-check.ts";

/** How values of the application become payloads. Both throw where a part of a value would be lost. */
interface ValueEncoding {
  payload(value: unknown): MaybePromise<Payload>;
  /** `what` names the value in the error. */
  json(what: string, value: unknown): string;
}

/** What the hooks of one application work with. */
export interface ApplicationParts {
  /** The server's handle, as handlers are given it. */
  readonly server: unknown;
  readonly handles: HandlePort;
  readonly outputs: OutputCheck;
  readonly encoding: ValueEncoding;
}

/** What the hooks of one application share. */
export class Application {
  /** The server's handle, as handlers are given it. */
  readonly server: unknown;
  readonly #parts: ApplicationParts;

  constructor(parts: ApplicationParts) {
    this.server = parts.server;
    this.#parts = parts;
  }

  /** See `OutputCheck`. */
  get refusedOutputs(): number {
    return this.#parts.outputs.refused;
  }

  /** The handle of a client: made when it is accepted, or when it is first needed without `authenticate`. */
  handleOf(client: HookClient): ConnectionHandle {
    return client.state instanceof ConnectionHandle ? client.state : this.accept(client, null);
  }

  /** Makes the handle of a client that has been accepted. */
  accept(client: HookClient, session: unknown): ConnectionHandle {
    const parts = { port: this.#parts.handles, upgrade: new UpgradeHandle(client) };
    const handle = new ConnectionHandle(client, session, parts);
    client.state = handle;
    return handle;
  }

  /** Validates a value that leaves the server, and encodes it. Throws or rejects where that is a fault. */
  encode(schema: Schema, value: unknown, what: string): MaybePromise<Payload> {
    const { outputs, encoding } = this.#parts;
    return then(outputs.check(schema, value, what), () => encoding.payload(value));
  }

  /** As `encode`, for a field that is always JSON; without a schema any value is valid. */
  encodeJson(schema: Schema | undefined, value: unknown, what: string): MaybePromise<string> {
    const { outputs, encoding } = this.#parts;
    if (!schema) return encoding.json(what, value);
    return then(outputs.check(schema, value, what), () => encoding.json(what, value));
  }
}

/** The value in a payload of a client. Absent data, and text that is no JSON in a JSON field, is undefined. */
export function valueOfPayload(payload: Payload): unknown {
  switch (payload.kind) {
    case "json":
      return payload.json === "" ? undefined : JSON.parse(payload.json);
    case "text":
      return payload.text;
    case "binary":
      return payload.bytes;
  }
}

/** The value of a field that is always JSON; undefined where the client sent none. */
export function valueOfData(data: Payload | null): unknown {
  return data === null ? undefined : valueOfJson(payloadToJson(data));
}

/** The value of a field of raw JSON; undefined where the client sent none. */
export function valueOfJson(json: string | null): unknown {
  return json === null ? undefined : JSON.parse(json);
}

/** Seconds since 1970 of a date that a handler answered; a part of a second counts as none, as in a token. */
export function secondsOf(date: unknown, what: string): Seconds | null {
  if (date === undefined || date === null) return null;
  if (date instanceof Date && Number.isFinite(date.getTime())) return seconds(Math.floor(date.getTime() / 1000));
  throw new TypeError(`${what}: expected a valid Date or null`);
}
