import type {
  Channel,
  ChannelSchemas,
  ChannelsOf,
  ContractSchemas,
  InfoOf,
  Input,
  Member,
  MessagesOf,
  Output,
  ParamsArgs,
  Position,
  Publication,
} from "../../contract/contract.ts";
import type { Duration } from "./answers.ts";
import type { Connection, EndReason } from "./connection.ts";

/** How a publication is made. */
export interface ChannelPublish {
  /** The same key publishes once within five minutes, and is answered with the same position. */
  readonly idempotencyKey?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** The id of a connection that does not receive the publication live. */
  readonly exclude?: string;
}

/** A part of a channel's history; all of it, oldest first, unless the filter says otherwise. */
export interface HistoryRange {
  readonly limit?: number;
  readonly since?: Position;
  readonly reverse?: boolean;
}

/** From where a subscription of the server reads. */
export interface ServerSubscribeOptions {
  /** Reads what came after this position first. Without it the subscription begins with what comes next. */
  readonly since?: Position;
  /** Ends the loop when it aborts. */
  readonly signal?: AbortSignal;
  /** Publications that may wait for the loop; over it the loop ends with an error. Default 1,000. */
  readonly buffer?: number;
}

/** One channel as the application uses it. Each method rejects with an OperationError where it is refused. */
export interface ServerChannel<D, I> {
  /** The channel's name. */
  readonly name: string;
  /** Publishes; resolves when it is committed, with its position (offset 0 in a channel without history). */
  publish(data: Input<D>, options?: ChannelPublish): Promise<Position>;
  history(
    filter?: HistoryRange,
  ): Promise<{ readonly publications: readonly Publication<Output<D>, I>[]; readonly position: Position }>;
  /** The subscribers, by the id of the connection. */
  presence(): Promise<ReadonlyMap<string, Member<I>>>;
  /** Subscribes all connections of a user on the server's side. */
  add(user: string): Promise<void>;
  /** Ends the subscriptions of a user's connections. */
  remove(user: string): Promise<void>;
  /** Publications in the order of the channel. The end of the loop unsubscribes; a gap ends it with an error. */
  subscribe(options?: ServerSubscribeOptions): AsyncIterable<Publication<Output<D>, I>>;
}

/** How a message to a user is sent. */
export interface MessageOptions {
  /**
   * How long it waits, at most `push_queue.ttl`. Without `until` it waits where the user has no connection alone, and
   * without `ttl` it does not wait.
   */
  readonly ttl?: Duration;
  /** It is kept until a client has it for certain, or until one has acknowledged it; absent: it is sent once. */
  readonly until?: "delivered" | "acknowledged";
  /** Whether one device of the user is enough, or each has to have it; default "user". */
  readonly per?: "user" | "device";
}

/** What became of a message to a user. */
export interface Sent {
  /** Its id, with `until`. */
  readonly id?: string;
  /** The connections that it was sent to. */
  readonly connections: number;
  /** Whether it waits for the user's next connection. */
  readonly queued: boolean;
}

/** The channel handle of a contract's channel. */
export type ServerChannelOf<T> = T extends Channel<string, infer H> ? ServerChannel<H["data"], InfoOf<H>> : never;

/** The pattern of a contract's channel. */
export type PatternOf<T> = T extends Channel<infer P, ChannelSchemas> ? P : never;

/** A running server, typed by the contract. */
export interface Server<C extends ContractSchemas, Session> {
  /** Where it listens, without a trailing slash; "" without a listener of its own. */
  readonly url: string;
  channel<K extends keyof ChannelsOf<C> & string>(
    name: K,
    ...params: ParamsArgs<PatternOf<ChannelsOf<C>[K]>>
  ): ServerChannelOf<ChannelsOf<C>[K]>;
  /** The connections of this node, or those of one user. */
  connections(of?: { readonly user: string }): Iterable<Connection<Session, C>>;
  /** Sends a message to all connections of a user. */
  send<K extends keyof MessagesOf<C> & string>(
    user: string,
    message: K,
    data: Input<MessagesOf<C>[K]>,
    options?: MessageOptions,
  ): Promise<Sent>;
  /** Ends connections on all nodes, by default with code 3503; says how many of this node. */
  disconnect(
    of: { readonly user: string } | { readonly connection: string },
    reason?: EndReason,
  ): Promise<{ readonly connections: number }>;
  /** Drains and stops, within `shutdown.timeout`; `cut` counts the connections that had to be cut. */
  stop(): Promise<{ readonly cut: number }>;
}
