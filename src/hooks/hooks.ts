import type { Disconnect } from "../core/disconnects.ts";
import type { ClientError } from "../core/errors.ts";
import type { ServerSubscription, SubscriptionOverride } from "../core/identity.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Payload } from "../core/payload.ts";
import type { UpgradeRequest } from "../core/socket.ts";
import type { Seconds } from "../core/time.ts";
import type { Unsubscribe } from "../core/unsubscribes.ts";
import type { HookLimits } from "./limits.ts";
import type { HookStatistics } from "./statistics.ts";

/** A client as hooks see it. One object for each connection, the same in every call. */
export interface HookClient {
  /** The id of the connection, a UUID. */
  readonly id: string;
  /** The user's id; "" before connect, and for anonymous clients. */
  user: string;
  /** What its token, or the answer of a hook, says of it for hooks alone: raw JSON; null where that is nothing. */
  meta: string | null;
  /** `websocket`, `http_stream`, `sse`: what carries its frames. */
  readonly transport: string;
  /** How its frames are encoded: `json`, `protobuf`, `plain`. */
  readonly encoding: string;
  readonly address: string;
  readonly upgrade: UpgradeRequest;
  /** Header fields of its connect command, by name; null before, and where it sent none. */
  emulated: Readonly<Record<string, string>> | null;
  /** What the implementation keeps of the client; no other part reads it. */
  state: unknown;
}

/** What each hook is asked, and what it may answer. Times are in seconds since 1970; null is never. */
export interface HookTypes {
  readonly connect: {
    readonly request: {
      readonly token: string;
      /** Null where the client sent none; so below. */
      readonly data: Payload | null;
      readonly name: string;
      readonly version: string;
      /** Server-side channels that the client asks for. */
      readonly channels: readonly string[];
    };
    readonly result: {
      readonly user: string;
      readonly expireAt: Seconds | null;
      readonly info?: string;
      /** For the client, in the reply to connect. */
      readonly data?: string;
      readonly meta?: string;
      /** All that the connection has from the start: what the client asked for beside them is not granted. */
      readonly subscriptions: readonly ServerSubscription[];
    };
  };
  readonly refresh: {
    readonly request: Record<never, never>;
    readonly result: { readonly expireAt: Seconds | null; readonly info?: string; readonly meta?: string };
  };
  readonly subscribe: {
    readonly request: { readonly channel: string; readonly data: Payload | null };
    readonly result: {
      readonly expireAt: Seconds | null;
      readonly info?: string;
      readonly data?: string;
      readonly override?: SubscriptionOverride;
    };
  };
  readonly sub_refresh: {
    readonly request: { readonly channel: string };
    readonly result: { readonly expireAt: Seconds | null; readonly info?: string };
  };
  readonly publish: {
    readonly request: {
      readonly channel: string;
      readonly data: Payload;
      /** The publisher's info in the channel, raw JSON; null where it is not subscribed. */
      readonly member: { readonly info?: string } | null;
    };
    readonly result: {
      /** Published instead of what the client sent. */
      readonly data?: Payload;
      readonly tags?: Readonly<Record<string, string>>;
      readonly idempotencyKey?: string;
      readonly skipHistory?: boolean;
      readonly excludePublisher?: boolean;
      readonly version?: number;
      readonly versionEpoch?: string;
      /** It is sent as a patch to subscribers that have negotiated deltas. */
      readonly asDelta?: true;
    };
  };
  readonly rpc: {
    readonly request: { readonly method: string; readonly data: Payload };
    /** Absent: the reply has no data. */
    readonly result: { readonly data?: string };
  };
  readonly send: {
    readonly request: { readonly data: Payload };
    readonly result: Record<never, never>;
  };
}

export type HookKind = keyof HookTypes;

/** What a hook decides. A fault is none of these: the hook throws or rejects. */
export type HookAnswer<K extends HookKind> =
  | { readonly kind: "result"; readonly result: HookTypes[K]["result"] }
  /** The hook has nothing to say; each kind of hook says what follows from it. */
  | { readonly kind: "none" }
  | { readonly kind: "error"; readonly error: ClientError }
  | { readonly kind: "disconnect"; readonly disconnect: Disconnect };

/** What became of a call: the hook's answer, or a failure with the error that the client is answered with. */
export type HookOutcome<K extends HookKind> = HookAnswer<K> | { readonly kind: "failed"; readonly error: ClientError };

/** What a running hook may watch. */
export interface HookCall {
  /** Aborts on the timeout, and when the connection ends. Made when it is first read. */
  readonly signal: AbortSignal;
}

/** One hook: the code of the application, or its address. */
export interface Hook<K extends HookKind = HookKind> {
  readonly kind: K;
  /** In metrics and in the log; from the contract or the configuration, never from a client. */
  readonly name: string;
  readonly limits: HookLimits;
  /** Its address, without what may be secret; absent for code in this process. */
  readonly place?: string;
  /** Decides, at once or later. What it throws, and what it rejects with, is a fault. */
  run(client: HookClient, request: HookTypes[K]["request"], call: HookCall): MaybePromise<HookAnswer<K>>;
}

/** Hooks that are notified and decide nothing. */
export type LifecycleEvent =
  | { readonly type: "connected"; readonly client: HookClient }
  | {
      readonly type: "disconnected";
      readonly client: HookClient;
      readonly disconnect: Disconnect;
      /** Milliseconds since the connection was accepted. */
      readonly duration: number;
    }
  | { readonly type: "subscribed"; readonly client: HookClient; readonly channel: string }
  | {
      readonly type: "unsubscribed";
      readonly client: HookClient;
      readonly channel: string;
      readonly unsubscribe: Unsubscribe;
    }
  /** The channel has its first subscriber on this node. */
  | { readonly type: "channel.opened"; readonly channel: string }
  /** The channel's last subscriber on this node has been gone for the channel's linger. */
  | { readonly type: "channel.closed"; readonly channel: string };

/** A call of an unknown method is error 104; where there are no methods at all it is 108. */
export type RpcRoute = Hook<"rpc"> | "unknown method" | "no methods";

/** A message that no hook is for is dropped; where there are no hooks for messages the connection ends with 3508. */
export type SendRoute = Hook<"send"> | "unknown message" | "no messages";

/** What hooks change of connections as a whole. */
export interface HookOptions {
  /** These hooks run beside the other commands of a connection, and their replies may overtake. Those of expiries always do. */
  readonly beside: ReadonlySet<HookKind>;
  /** Calls of one connection that run beside its commands at once; more wait. */
  readonly besideLimit: number;
  /** The server looks at expiries itself, and clients receive none. */
  readonly ownsExpiry: boolean;
  /** A hook is asked when a connection has expired; otherwise the connection ends. */
  readonly asksAtExpiry: boolean;
}

/**
 * The port to the code of the application. Guarantees of an implementation:
 *
 * - The look-ups are synchronous, do not throw and cost no more than a look into a map: they run for every command.
 * - `tell` returns at once and does not throw. Events of one connection arrive in their order: `connected`, then
 *   `subscribed` and `unsubscribed` in turn for each channel, then `disconnected`, which is the last.
 * - A client that a connect hook refused is in no event.
 */
export interface Hooks {
  readonly options: HookOptions;
  /** Null: credentials are verified as configured. */
  connect(token: string): Hook<"connect"> | null;
  /** Null: a connection that has expired ends, unless its client refreshes it with a token. */
  refresh(): Hook<"refresh"> | null;
  /** Null: the rules of the channel's namespace decide. So below. */
  subscribe(channel: string): Hook<"subscribe"> | null;
  subRefresh(channel: string): Hook<"sub_refresh"> | null;
  publish(channel: string): Hook<"publish"> | null;
  rpc(method: string): RpcRoute;
  send(data: Payload): SendRoute;
  /**
   * Milliseconds that a channel stays open after its last subscriber has left; null: no hook is notified of the
   * channel.
   */
  linger(channel: string): number | null;
  tell(event: LifecycleEvent): void;
  /** What was counted of the handlers of lifecycle events. */
  statistics(): readonly HookStatistics[];
  /** Values that went out although a schema of the application refuses them. */
  readonly refusedOutputs: number;
}
