import type * as v from "valibot";
import { type ClientError, errors } from "../core/errors.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Result } from "../core/result.ts";
import type { Slices } from "../core/slices.ts";
import type { Operations } from "../operations/operations.ts";
import type { Caller } from "./keys.ts";
import type { AnswerRoom } from "./room.ts";

/** Method not found, as Centrifugo's API says it. */
export const notFound: ClientError = { code: errors.methodNotFound.code, message: "not found" };

/** What all methods work with. */
export interface MethodPorts {
  readonly operations: Operations;
  readonly slices: Slices;
  /** Channels in one broadcast. */
  readonly broadcastMax: number;
  /** Requests of one key a second; 0 is no limit. */
  readonly rateLimit: number;
  /** The name that another one most likely misspells; null where none is near. */
  nearestName(name: string, names: readonly string[]): string | null;
  /** Counts and logs fields that a method of Centrifugo ignores. */
  onUnknownFields(found: { readonly method: string; readonly key: string; readonly fields: string }): void;
}

/** One call of a method: where its request is, and its caller. */
export interface Call {
  /** The text of the whole body, from which payloads are taken as the bytes that came. */
  readonly body: string;
  /** Where the object of the request begins in the body. */
  readonly at: number;
  readonly caller: Caller;
  /** What is left for the answer; commands of one batch share it. */
  readonly room: AnswerRoom;
  readonly ports: MethodPorts;
}

/** The schema of a request. */
type RequestSchema = v.GenericSchema<unknown, object> & { readonly entries: object };

/** What a method declares; the types of its functions follow from the schema of its request. */
interface Declaration<Schema extends RequestSchema> {
  readonly name: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  readonly request: Schema;
  /** The shape of what `run` encodes. */
  readonly result: v.GenericSchema;
  /** Fields without which, or with which empty, it is error 107. */
  readonly needs: readonly (keyof v.InferOutput<Schema> & string)[];
  /**
   * `read` changes nothing: it goes on during a drain, and its result may be refused for its size. `publish` does not
   * wait for other publishes of the same batch, because the broker keeps their order. Refused calls of `publish` and of
   * `message` are in the publish log.
   */
  readonly kind: "read" | "write" | "publish" | "message";
  /** Centrifugo has it not: a mistake in a request is error 107 with the name of the field, and not status 400. */
  readonly isOwn?: true;
  /** Reads a request that needs no schema; null for any other. */
  readPlain?(value: unknown): v.InferOutput<Schema> | null;
  /** The channels that a request names. Null: none, and a key that is limited to channels needs the method by name. */
  channels(request: v.InferOutput<Schema>): readonly string[] | null;
  /** Runs it. The value is the raw JSON of the result. */
  run(request: v.InferOutput<Schema>, call: Call, ports: MethodPorts): MaybePromise<Result<string>>;
}

/**
 * A method of the API, declared once: the endpoint, batches, lines, the rights of keys, the publish log and the OpenAPI
 * document are derived from its declaration.
 */
export interface Method extends Omit<Declaration<RequestSchema>, "needs"> {
  readonly needs: readonly string[];
  /** The names of the fields of its request. */
  readonly fields: ReadonlySet<string>;
}

/** Declares a method. */
export function defineMethod<const Schema extends RequestSchema>(declaration: Declaration<Schema>): Method {
  return { ...declaration, fields: new Set(Object.keys(declaration.request.entries)) };
}
