import type { StandardSchemaV1 as Schema } from "@standard-schema/spec";
import type {
  CallsOf,
  Channel,
  ChannelSchemas,
  ChannelsOf,
  CodesOf,
  ContractSchemas,
  Empty,
  InfoOf,
  Input,
  Member,
  Output,
  Params,
  Rpc,
  RpcSchemas,
  SendsOf,
} from "../../contract/contract.ts";
import type { Reason } from "../../contract/errors.ts";
import type { Accepted, Awaitable, Duration, Refused } from "./answers.ts";
import type { Connection, EndReason, Upgrade } from "./connection.ts";
import type { Server } from "./server.ts";

/** What the configured check of a token says. */
export type Verified =
  | { readonly ok: true; readonly user: string; readonly info: unknown; readonly expiresAt: Date | null }
  | Refused<"unauthorized" | "expired" | "unavailable">;

/** A client that connects. */
export interface Attempt<C extends ContractSchemas> {
  readonly upgrade: Upgrade;
  /** The token of the connect command, or of a bare WebSocket's upgrade; "" without one. */
  readonly token: string;
  /** What the client sent with connect; null where the contract has no `connect`. */
  readonly data: C["connect"] extends Schema ? Output<C["connect"]> : null;
  /** Aborts on the timeout, and when the client leaves. */
  readonly signal: AbortSignal;
  /** Verifies a token as the configuration says: HMAC, RSA, ECDSA or JWKS. */
  verify(token: string): Promise<Verified>;
}

/** Decides who a connection is. */
export type Authenticate<C extends ContractSchemas, Session> = (
  attempt: Attempt<C>,
) => Awaitable<Accepted<Session> | Refused>;

/** The limits of one handler. */
export interface HandlerOptions {
  /** Default 5s. After it the client is answered with error 100, temporary, and `signal` aborts. */
  readonly timeout?: Duration;
  readonly concurrency?: {
    /** Calls of one connection at once. Calls and sends of a connection together: 8. */
    readonly connection?: number;
    /** Calls of all connections at once. Default 1,000. */
    readonly server?: number;
    /** Calls that may wait for the server's limit; over it error 111. Default 1,000. */
    readonly queue?: number;
  };
  /** Calls of one connection, `10/s` or `100/m`; over it error 111. */
  readonly rate?: `${number}/${"s" | "m"}`;
}

/** A handler, or a handler with limits of its own. */
export type With<F> = F | (HandlerOptions & { readonly handle: F });

/** What every handler of a channel is given. */
export interface On<Session, C extends ContractSchemas, P extends string> {
  readonly connection: Connection<Session, C>;
  /** The channel's name. */
  readonly channel: string;
  readonly params: Params<P>;
  /** Aborts on the timeout, and when the connection ends. */
  readonly signal: AbortSignal;
  readonly server: Server<C, Session>;
}

/** A channel as a whole, without a connection. */
export interface OnChannel<Session, C extends ContractSchemas, P extends string> {
  readonly channel: string;
  readonly params: Params<P>;
  readonly server: Server<C, Session>;
}

/** What holds in a channel. */
export interface ChannelOptions {
  /** Keeps publications, and lets a client that reconnects recover what it missed; `cache`: only the latest. */
  readonly history?: {
    readonly size: number;
    readonly ttl: Duration;
    /** Without it `engine.type` of the configuration. */
    readonly engine?: "memory" | "sqlite";
    readonly recovery?: "stream" | "cache";
  };
  /** Keeps the list of subscribers, and lets subscribers read it. */
  readonly presence?: boolean;
  /** Tells subscribers of others that come and go. */
  readonly joinLeave?: boolean;
  /** How long a channel stays open after its last subscriber has left. Default 0s. */
  readonly linger?: Duration;
}

/** A subscription that is allowed. */
export type Allowed<H extends ChannelSchemas> = {
  readonly ok: true;
  readonly info?: InfoOf<H>;
  /** When the subscription expires; null, and absent, is never. */
  readonly expiresAt?: Date | null;
} & (H["welcome"] extends Schema ? { readonly welcome: Input<H["welcome"]> } : Empty);

/** Decides who may subscribe. */
export type SubscribeHandler<Session, C extends ContractSchemas, P extends string, H extends ChannelSchemas> = (
  on: On<Session, C, P> & { readonly data: H["request"] extends Schema ? Output<H["request"]> : null },
) => Awaitable<Allowed<H> | Refused<Reason | CodesOf<H>>>;

/** Turns what a client published into what subscribers receive, or refuses it. */
export type PublishHandler<Session, C extends ContractSchemas, P extends string, H extends ChannelSchemas> = (
  on: On<Session, C, P> & {
    readonly data: Output<H["publish"]>;
    /** The publisher as a subscriber of the channel; null where it is none. */
    readonly member: Member<InfoOf<H>> | null;
  },
) => Awaitable<
  | {
      readonly ok: true;
      readonly data: Input<H["data"]>;
      readonly tags?: Readonly<Record<string, string>>;
      /** The publisher does not receive it live. */
      readonly exclude?: "publisher";
      readonly idempotencyKey?: string;
    }
  | Refused<Reason | CodesOf<H>>
>;

/** A new expiry. */
export interface Refreshed<Info = unknown> {
  readonly ok: true;
  readonly expiresAt: Date | null;
  readonly info?: Info;
}

/** The handlers of a channel. It is closed until `subscribe` opens it. */
export type ChannelHandlers<
  Session,
  C extends ContractSchemas,
  P extends string,
  H extends ChannelSchemas,
> = ChannelOptions & {
  readonly subscribe: "everyone" | With<SubscribeHandler<Session, C, P, H>>;
  /** Asked when a subscription has expired; without it the subscription ends then. */
  readonly refresh?: (on: On<Session, C, P>) => Awaitable<Refreshed<InfoOf<H>> | Refused>;
  /** After a subscription has ended, for whatever reason. */
  readonly unsubscribe?: (on: On<Session, C, P> & { readonly reason: EndReason }) => Awaitable<void>;
  /** The channel has its first subscriber on this node; `signal` aborts when it is closed. */
  readonly opened?: (on: OnChannel<Session, C, P> & { readonly signal: AbortSignal }) => Awaitable<void>;
  /** The channel's last subscriber on this node has been gone for `linger`. */
  readonly closed?: (on: OnChannel<Session, C, P>) => Awaitable<void>;
} & (H["publish"] extends Schema
    ? Output<H["publish"]> extends Input<H["data"]>
      ? { readonly publish?: "subscribers" | With<PublishHandler<Session, C, P, H>> }
      : { readonly publish: With<PublishHandler<Session, C, P, H>> }
    : { readonly publish?: never });

/** Answers a call. */
export type RpcHandler<Session, C extends ContractSchemas, R extends RpcSchemas> = (
  input: Output<R["input"]>,
  on: {
    readonly connection: Connection<Session, C>;
    readonly signal: AbortSignal;
    readonly server: Server<C, Session>;
  },
) => Awaitable<Input<R["output"]> | Refused<Reason | CodesOf<R>>>;

/** Takes a message that is not answered. */
export type SendHandler<Session, C extends ContractSchemas, D> = (
  data: D,
  on: {
    readonly connection: Connection<Session, C>;
    readonly signal: AbortSignal;
    readonly server: Server<C, Session>;
  },
) => Awaitable<void>;

/** All handlers of a contract. */
export type Handlers<C extends ContractSchemas, Session> = {
  readonly channels: {
    readonly [K in keyof ChannelsOf<C>]: ChannelsOf<C>[K] extends Channel<infer P, infer H>
      ? ChannelHandlers<Session, C, P, H>
      : never;
  };
  readonly calls: {
    readonly [K in keyof CallsOf<C>]: CallsOf<C>[K] extends Rpc<infer R> ? With<RpcHandler<Session, C, R>> : never;
  };
  readonly sends: {
    readonly [K in keyof SendsOf<C>]: With<SendHandler<Session, C, Output<SendsOf<C>[K]>>>;
  };
  /** A connection is accepted and answered. */
  readonly connected?: (on: {
    readonly connection: Connection<Session, C>;
    readonly server: Server<C, Session>;
  }) => Awaitable<void>;
  /** Asked when a connection has expired; without it the connection ends then. */
  readonly refresh?: (on: {
    readonly connection: Connection<Session, C>;
    readonly signal: AbortSignal;
  }) => Awaitable<Refreshed | Refused>;
  /** A connection has ended. `willReturn`: a stock client connects again after this code. `duration` in milliseconds. */
  readonly disconnected?: (on: {
    readonly connection: Connection<Session, C>;
    readonly server: Server<C, Session>;
    readonly reason: EndReason & { readonly willReturn: boolean };
    readonly duration: number;
  }) => Awaitable<void>;
};

/** Handlers of which a part without entries may be left out. */
export type Needed<H> = {
  [K in keyof H as H[K] extends undefined ? K : Empty extends H[K] ? never : K]: H[K];
} & Partial<H>;
