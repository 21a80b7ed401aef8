import { check } from "../../contract/check.ts";
import type { ChannelSchemas, ContractSchemas, Member, Position, Publication } from "../../contract/contract.ts";
import { compilePattern } from "../../contract/pattern.ts";
import type { Disconnect } from "../../core/disconnects.ts";
import type { ClientInfo } from "../../core/publication.ts";
import { millisecondsOf } from "./durations.ts";
import type { ConnectionHandle } from "./handle.ts";
import type { OutputCheck } from "./output-check.ts";
import type { ChannelPublish, HistoryRange, MessageOptions, Sent, ServerSubscribeOptions } from "./server.ts";
import { type Publications, type RawPublication, readInOrder } from "./server-subscription.ts";

/** How a message is sent; `queueTtl` in milliseconds. */
type SendOptions = Omit<MessageOptions, "ttl"> & { readonly queueTtl?: number };

/** What the server can do for an application: the operations of a back end. Each rejects with an OperationError. */
export interface ApplicationOperations {
  publish(
    channel: string,
    data: unknown,
    options: { idempotencyKey?: string; tags?: Readonly<Record<string, string>>; excludeClient?: string },
  ): Promise<Position>;
  history(
    channel: string,
    filter: { limit?: number; since?: Position; reverse?: boolean },
  ): Promise<{ publications: readonly RawPublication[]; position: Position }>;
  presence(channel: string): Promise<ReadonlyMap<string, ClientInfo>>;
  subscribe(who: { user: string }, channel: string): Promise<void>;
  unsubscribe(who: { user: string }, channel: string): Promise<void>;
  send(who: { user: string; client?: string }, data: unknown, options: SendOptions): Promise<Sent>;
  disconnect(who: { user: string; client?: string } | { client: string }, disconnect?: Disconnect): Promise<void>;
  /** Subscribes inside of the server; see `server-subscription.ts`. */
  readonly publications: Publications;
  stop(): Promise<{ readonly cut: number }>;
}

/** What a server's handle is made of. */
export interface ServerParts {
  readonly schemas: ContractSchemas;
  readonly outputs: OutputCheck;
  url(): string;
  operations(): ApplicationOperations;
  connections(user: string | null): readonly ConnectionHandle[];
}

/** A running server as an application sees it; its types are those of `Server` only at the public door. */
export class ServerHandle {
  readonly #parts: ServerParts;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  get url(): string {
    return this.#parts.url();
  }

  channel(name: string, params: Readonly<Record<string, string>> = {}): ChannelHandle {
    const declared = this.#parts.schemas.channels?.[name];
    if (!declared) throw new TypeError(`the contract has no channel ${name}`);
    return new ChannelHandle(compilePattern(declared.pattern).name(params), declared.schemas, this.#parts);
  }

  connections(of?: { readonly user: string }): Iterable<ConnectionHandle> {
    return this.#parts.connections(of ? of.user : null);
  }

  async send(user: string, message: string, data: unknown, { ttl, ...rest }: MessageOptions = {}): Promise<Sent> {
    if (!this.#parts.schemas.messages?.[message]) throw new TypeError(`the contract has no message ${message}`);
    const options = ttl === undefined ? rest : { ...rest, queueTtl: millisecondsOf(ttl, "ttl") };
    return this.#parts.operations().send({ user }, { name: message, data }, options);
  }

  async disconnect(
    of: { readonly user: string } | { readonly connection: string },
    reason?: Disconnect,
  ): Promise<{ readonly connections: number }> {
    const meant = [...this.connections("user" in of ? of : undefined)].filter(
      ({ id }) => "user" in of || id === of.connection,
    );
    const who: { user: string } | { client: string } = "user" in of ? { user: of.user } : { client: of.connection };
    await this.#parts.operations().disconnect(who, reason);
    return { connections: meant.length };
  }

  stop(): Promise<{ readonly cut: number }> {
    return this.#parts.operations().stop();
  }
}

/** One channel; its types are those of `ServerChannel` only at the public door. */
class ChannelHandle {
  readonly name: string;
  readonly #schemas: ChannelSchemas;
  readonly #parts: ServerParts;

  constructor(name: string, schemas: ChannelSchemas, parts: ServerParts) {
    this.name = name;
    this.#schemas = schemas;
    this.#parts = parts;
  }

  async publish(data: unknown, { exclude, idempotencyKey, tags }: ChannelPublish = {}): Promise<Position> {
    await this.#parts.outputs.check(this.#schemas.data, data, this.name);
    return this.#parts.operations().publish(this.name, data, {
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(tags && { tags }),
      ...(exclude !== undefined && { excludeClient: exclude }),
    });
  }

  async history(filter: HistoryRange = {}): Promise<{ publications: Publication<unknown>[]; position: Position }> {
    const { publications, position } = await this.#parts.operations().history(this.name, filter);
    return {
      publications: await Promise.all(publications.map((raw) => readPublication(this.#schemas, raw))),
      position,
    };
  }

  async presence(): Promise<ReadonlyMap<string, Member<unknown>>> {
    const clients = await this.#parts.operations().presence(this.name);
    return new Map([...clients].map(([client, info]) => [client, memberOf(info)]));
  }

  add(user: string): Promise<void> {
    return this.#parts.operations().subscribe({ user }, this.name);
  }

  remove(user: string): Promise<void> {
    return this.#parts.operations().unsubscribe({ user }, this.name);
  }

  async *subscribe(options: ServerSubscribeOptions = {}): AsyncGenerator<Publication<unknown>, void, void> {
    const raws = readInOrder(this.#parts.operations().publications, this.name, options);
    for await (const raw of raws) yield await readPublication(this.#schemas, raw);
  }
}

async function readPublication(
  { data: schema }: ChannelSchemas,
  { data, offset, info, tags = {} }: RawPublication,
): Promise<Publication<unknown>> {
  const checked = await check(schema, data);
  if (!checked.ok) throw new TypeError(`the contract's schema refuses a publication at "${checked.path}"`);
  return { data: checked.value, offset, info: info ? memberOf(info) : null, tags };
}

function memberOf({ user, client, chanInfo }: ClientInfo): Member<unknown> {
  return { user, client, info: chanInfo === undefined ? null : JSON.parse(chanInfo) };
}
