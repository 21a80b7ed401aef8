import type { StandardSchemaV1 as Schema } from "@standard-schema/spec";
import type { ChannelSchemas, ContractSchemas, RpcSchemas } from "../../contract/contract.ts";
import { compilePattern, namespaceOf, type Pattern } from "../../contract/pattern.ts";
import type { Awaitable } from "./answers.ts";
import type { ChannelOptions, HandlerOptions } from "./handlers.ts";

/** A handler, when its types have done their work: what it is given, and what it returns, is checked at the call. */
type Handler<Arguments extends readonly unknown[]> = (...given: Arguments) => Awaitable<unknown>;

/** A handler and its limits. */
export interface Configured<Arguments extends readonly unknown[]> {
  readonly handle: Handler<Arguments>;
  readonly options: HandlerOptions;
}

/** The handlers of a channel as an application wrote them. */
export interface RuntimeChannelHandlers extends ChannelOptions {
  readonly subscribe: "everyone" | Handler<[unknown]> | (HandlerOptions & { readonly handle: Handler<[unknown]> });
  readonly publish?: "subscribers" | Handler<[unknown]> | (HandlerOptions & { readonly handle: Handler<[unknown]> });
  readonly refresh?: Handler<[unknown]>;
  readonly unsubscribe?: Handler<[unknown]>;
  readonly opened?: Handler<[unknown]>;
  readonly closed?: Handler<[unknown]>;
}

/** All handlers as an application wrote them. */
export interface RuntimeHandlers {
  readonly channels?: Readonly<Record<string, RuntimeChannelHandlers>>;
  readonly calls?: Readonly<
    Record<string, Handler<[unknown, unknown]> | (HandlerOptions & { handle: Handler<[unknown, unknown]> })>
  >;
  readonly sends?: Readonly<
    Record<string, Handler<[unknown, unknown]> | (HandlerOptions & { handle: Handler<[unknown, unknown]> })>
  >;
  readonly connected?: Handler<[unknown]>;
  readonly refresh?: Handler<[unknown]>;
  readonly disconnected?: Handler<[unknown]>;
}

/** A channel of the contract with its handlers. */
export interface DeclaredChannel {
  /** Its name in the contract. */
  readonly name: string;
  readonly pattern: Pattern;
  /** The part of its pattern before the first colon; "" where there is none. */
  readonly namespace: string;
  readonly schemas: ChannelSchemas;
  readonly handlers: RuntimeChannelHandlers;
}

/** A call of the contract with its handler. */
export interface DeclaredCall {
  readonly name: string;
  readonly schemas: RpcSchemas;
  readonly handler: Configured<[unknown, unknown]>;
}

/** A send of the contract with its handler. */
export interface DeclaredSend {
  readonly name: string;
  readonly schema: Schema;
  readonly handler: Configured<[unknown, unknown]>;
}

/** A handler with its limits, however the application wrote it. */
export function configured<Arguments extends readonly unknown[]>(
  written: Handler<Arguments> | (HandlerOptions & { readonly handle: Handler<Arguments> }),
): Configured<Arguments> {
  if (typeof written === "function") return { handle: written, options: {} };
  const { handle, ...options } = written;
  return { handle, options };
}

/**
 * The channels of a contract with their handlers.
 *
 * @throws TypeError where a channel has no handlers: it could only be closed, which is a mistake
 */
export function declareChannels(
  { channels = {} }: ContractSchemas,
  handlers: RuntimeHandlers,
): readonly DeclaredChannel[] {
  return Object.entries(channels).map(([name, { pattern, schemas }]) => {
    const own = handlers.channels?.[name];
    if (!own || own.subscribe === undefined) throw new TypeError(`channel ${name} needs \`subscribe\`: it is closed`);
    if (own.publish !== undefined && !schemas.publish) {
      throw new TypeError(`channel ${name} has a publish handler, but its contract no \`publish\``);
    }
    return { name, pattern: compilePattern(pattern), namespace: namespaceOf(pattern), schemas, handlers: own };
  });
}

/** @throws TypeError where a call has no handler */
export function declareCalls({ calls = {} }: ContractSchemas, handlers: RuntimeHandlers): readonly DeclaredCall[] {
  return Object.entries(calls).map(([name, { schemas }]) => {
    const written = handlers.calls?.[name];
    if (!written) throw new TypeError(`call ${name} has no handler`);
    return { name, schemas, handler: configured(written) };
  });
}

/** @throws TypeError where a send has no handler */
export function declareSends({ sends = {} }: ContractSchemas, handlers: RuntimeHandlers): readonly DeclaredSend[] {
  return Object.entries(sends).map(([name, schema]) => {
    const written = handlers.sends?.[name];
    if (!written) throw new TypeError(`send ${name} has no handler`);
    return { name, schema, handler: configured(written) };
  });
}

/** Finds things by the names of their channels: by namespace first, then by pattern, those with fewer parameters first. */
export class ChannelTable<Entry extends DeclaredChannel> {
  readonly #byNamespace = new Map<string, Entry[]>();

  constructor(entries: readonly Entry[]) {
    const inOrder = [...entries].sort((a, b) => a.pattern.parameters.length - b.pattern.parameters.length);
    for (const entry of inOrder) {
      const list = this.#byNamespace.get(entry.namespace) ?? [];
      this.#byNamespace.set(entry.namespace, list);
      list.push(entry);
    }
  }

  /** The namespaces; "" where a channel has none. */
  namespaces(): readonly string[] {
    return [...this.#byNamespace.keys()];
  }

  find(channel: string): Entry | null {
    const entries = this.#byNamespace.get(namespaceOf(channel));
    return entries?.find(({ pattern }) => pattern.match(channel) !== null) ?? null;
  }
}
