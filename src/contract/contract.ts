import type { StandardSchemaV1 as Schema } from "@standard-schema/spec";
import { assertErrorCodes } from "./errors.ts";
import { assertPatterns } from "./pattern.ts";

/** A type without members: what a part of a contract is that was left out. */
export type Empty = Record<never, never>;

/** What a value may look like before its schema has validated it. */
export type Input<T> = T extends Schema ? Schema.InferInput<T> : never;

/** The result of a schema for a value. */
export type Output<T> = T extends Schema ? Schema.InferOutput<T> : never;

/** The parameters in a channel pattern: `chat:{room}` has `{ room: string }`. */
export type Params<Pattern extends string> = Pattern extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in Name | keyof Params<Rest>]: string }
  : Empty;

/** Error codes of the application: a name, and the number on the wire, from 400 to 1999. */
export type ErrorCodes = Readonly<Record<string, number>>;

/** The values of one channel. */
export interface ChannelSchemas {
  /** What subscribers receive. */
  readonly data: Schema;
  /** What a client may publish. Without it clients may not publish. */
  readonly publish?: Schema;
  /** What others see of a subscriber in presence, joins and publications. */
  readonly info?: Schema;
  /** What a client sends with its subscribe command. */
  readonly request?: Schema;
  /** What the answer to a subscribe command carries. */
  readonly welcome?: Schema;
  readonly errors?: ErrorCodes;
}

/** A set of channels that share a pattern and schemas. */
export interface Channel<P extends string = string, C extends ChannelSchemas = ChannelSchemas> {
  readonly kind: "channel";
  readonly pattern: P;
  readonly schemas: C;
}

/** The values of one call. */
export interface RpcSchemas {
  readonly input: Schema;
  readonly output: Schema;
  readonly errors?: ErrorCodes;
}

/** A call of a client that the server answers. */
export interface Rpc<R extends RpcSchemas = RpcSchemas> {
  readonly kind: "rpc";
  readonly schemas: R;
}

/** All messages between clients and server. */
export interface ContractSchemas {
  /** What a client sends with its connect command. */
  readonly connect?: Schema;
  readonly channels?: Readonly<Record<string, Channel>>;
  readonly calls?: Readonly<Record<string, Rpc>>;
  /** From a client to the server, without an answer. */
  readonly sends?: Readonly<Record<string, Schema>>;
  /** From the server to one client or user, outside of channels. */
  readonly messages?: Readonly<Record<string, Schema>>;
}

/** What `contract` returns: the schemas, checked. */
export interface Contract<C extends ContractSchemas = ContractSchemas> {
  readonly schemas: C;
}

/** The channels of a contract, by name. */
export type ChannelsOf<C extends ContractSchemas> =
  C["channels"] extends Readonly<Record<string, Channel>> ? C["channels"] : Empty;

/** The calls of a contract, by name. */
export type CallsOf<C extends ContractSchemas> = C["calls"] extends Readonly<Record<string, Rpc>> ? C["calls"] : Empty;

/** The unanswered messages of clients, by name. */
export type SendsOf<C extends ContractSchemas> =
  C["sends"] extends Readonly<Record<string, Schema>> ? C["sends"] : Empty;

/** The messages of the server, by name. */
export type MessagesOf<C extends ContractSchemas> =
  C["messages"] extends Readonly<Record<string, Schema>> ? C["messages"] : Empty;

/** The names of a channel's or call's own errors. */
export type CodesOf<T> = T extends { readonly errors: infer E extends ErrorCodes } ? keyof E & string : never;

/** What others see of a subscriber; null in a channel without `info`. */
export type InfoOf<T> = T extends { readonly info: infer I extends Schema } ? Output<I> : null;

/** The parameters of a pattern as an argument, which is left out where the pattern has none. */
export type ParamsArgs<P extends string> = keyof Params<P> extends never ? [] : [params: Params<P>];

/** A place in a channel's history: `offset` grows by one with each publication, `epoch` names the stream. */
export interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** A subscriber of a channel, or the publisher of a publication. */
export interface Member<I> {
  /** The user's id; "" is anonymous. */
  readonly user: string;
  /** The id of the connection. */
  readonly client: string;
  readonly info: I;
}

/** One publication in a channel. */
export interface Publication<T, I = unknown> {
  readonly data: T;
  /** 0 in a channel without history. */
  readonly offset: number;
  /** Who published; null where the server did. */
  readonly info: Member<I> | null;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Declares channels: all names that a pattern matches. In `chat:{room}` the part before the first colon is the
 * namespace, and `{room}` is a parameter: any text without a colon.
 */
export function channel<const P extends string, const C extends ChannelSchemas>(pattern: P, schemas: C): Channel<P, C> {
  return { kind: "channel", pattern, schemas };
}

/** Declares a call: a client sends `input` and is answered with `output` or with one of `errors`. */
export function rpc<const R extends RpcSchemas>(schemas: R): Rpc<R> {
  return { kind: "rpc", schemas };
}

/**
 * Declares all messages between clients and server. It holds no server code, so that a browser's bundle can take it.
 *
 * @throws TypeError for a pattern that cannot be told from another one, and for an error code outside 400 to 1999
 */
export function contract<const C extends ContractSchemas>(schemas: C): Contract<C> {
  assertPatterns(Object.values(schemas.channels ?? {}).map(({ pattern }) => pattern));
  const declared = [...Object.entries(schemas.channels ?? {}), ...Object.entries(schemas.calls ?? {})];
  for (const [name, { schemas: own }] of declared) assertErrorCodes(name, own.errors ?? {});
  return { schemas };
}
