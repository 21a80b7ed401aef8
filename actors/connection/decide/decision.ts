import type { Draft, HistoryFilter, HistoryOptions } from "../../../src/broker/broker.ts";
import type { ChannelRules } from "../../../src/channels/rules.ts";
import type { ConnectCommand } from "../../../src/core/command.ts";
import type { Disconnect } from "../../../src/core/disconnects.ts";
import type { ClientError } from "../../../src/core/errors.ts";
import type { Frame } from "../../../src/core/frame.ts";
import type { Identity } from "../../../src/core/identity.ts";
import type { Payload } from "../../../src/core/payload.ts";
import type { Publication } from "../../../src/core/publication.ts";
import type { Push, Reply } from "../../../src/core/reply.ts";
import type { Token } from "../../../src/core/sealed.ts";
import type { Milliseconds, Seconds } from "../../../src/core/time.ts";
import type { Unsubscribe } from "../../../src/core/unsubscribes.ts";
import type { Hooks, HookTypes } from "../../../src/hooks/hooks.ts";
import type { DeadlineName } from "../../deadlines.ts";
import type { AskedPublish } from "../asked-publishes.ts";
import type { Ending, Refusal } from "../endings.ts";
import type { AskedKind, Pending, PendingHook } from "../pending.ts";
import type { ConnectionRecord } from "../record.ts";
import type { Joining, Subscribed } from "../subscription.ts";

/** What decisions are made from: values, and rules that follow from the configuration alone. */
export interface View {
  readonly connection: Readonly<ConnectionRecord>;
  readonly rules: ChannelRules;
  /** Whether there is a hook for something; null where no application has any. */
  readonly hooks: HookRules | null;
  /** Milliseconds since 1970. */
  readonly wall: number;
  /** Milliseconds of the clock that only grows. */
  readonly monotonic: number;
}

/** What decisions ask of hooks: look-ups alone. */
type HookRules = Pick<Hooks, "connect">;

/** What follows from an event. `perform.ts` carries decisions out, in their order; nothing else has an effect. */
export type Decision =
  | { readonly type: "reply"; readonly reply: Reply }
  | { readonly type: "push"; readonly push: Push }
  /** Sends the client something that belongs to no channel. */
  | { readonly type: "message"; readonly data: Payload }
  /** Returns a frame to its sender. */
  | { readonly type: "send back"; readonly frame: Frame }
  | { readonly type: "end"; readonly reason: Ending }
  /** Has a token verified; `pending` says for what. */
  | { readonly type: "verify"; readonly token: Token; readonly pending: PendingToken }
  /** Asks a hook; `pending` is what its answer is for. */
  | { readonly type: "ask"; readonly question: Question; readonly pending: PendingHook }
  /** A call or a message of the client, which a hook takes beside the other commands; `id` 0 is not answered. */
  | { readonly type: "call"; readonly id: number; readonly method: string; readonly data: Payload }
  | { readonly type: "tell"; readonly data: Payload }
  /** An unsubscribe waits for the answer of the hook that is asked about the subscription. */
  | { readonly type: "put off"; readonly id: number; readonly channel: string }
  /** A hook ends the connection. */
  | { readonly type: "disconnect"; readonly disconnect: Disconnect }
  /** A hook refuses the connect with an error. */
  | { readonly type: "reject connect"; readonly id: number; readonly error: ClientError }
  /** The connect is refused. */
  | { readonly type: "refuse connect"; readonly id: number; readonly refusal: Refusal }
  /** The credentials hold: the Hub is asked for admission. */
  | {
      readonly type: "identify";
      readonly identity: Identity;
      readonly connect: ConnectCommand;
      /** Raw JSON for the connect reply. */
      readonly welcome?: string;
    }
  /** The connection is let in. */
  | { readonly type: "log admission" }
  /** Joins the channels that the connection has from the start, and greets it when all of them are joined. */
  | { readonly type: "greet"; readonly joinings: readonly Joining[] }
  | { readonly type: "join"; readonly joining: Joining }
  /** The socket receives the channel from here on; recovery has brought so many bytes. */
  | {
      readonly type: "attach";
      readonly subscription: Subscribed;
      readonly recoveredBytes: number;
      /** The same with what is around each publication in a frame. */
      readonly framedBytes: number;
      /** Tokens of the message rate for the publications that its filter was compared with. */
      readonly tokens: number;
      /** The last publication that the client has, where it receives patches. */
      readonly base?: Publication;
    }
  /** Detaches all channels of a connect that failed: the client has not seen them. */
  | { readonly type: "detach all" }
  /** Others see the connection in the channel. */
  | { readonly type: "enter"; readonly subscription: Subscribed }
  /** Presence shows the connection's present info, in all of its channels. */
  | { readonly type: "renew presence" }
  /** The connection leaves the channel, on the node and in the eyes of others; `unsubscribe` says why. */
  | { readonly type: "leave"; readonly channel: string; readonly unsubscribe: Unsubscribe }
  /** A subscription has another expiry or info. */
  | { readonly type: "update"; readonly subscription: Subscribed }
  | ({ readonly type: "set expiry"; readonly expireAt: Seconds | null } & Renewal)
  /**
   * Publishes; `id` is the command to answer, null where the client reads no answers. `number` is the place of its answer
   * where it has one already.
   */
  | { readonly type: "publish"; readonly id: number | null; readonly draft: Draft; readonly number?: number | null }
  /** A hook decides a publish, behind those that came before. */
  | (Omit<AskedPublish, "answer"> & { readonly type: "ask publish"; readonly id: number | null })
  /** Answers a publish that a hook has refused, in its place; null: its connection ends instead. */
  | { readonly type: "answer publish"; readonly number: number; readonly reply: Reply | null }
  /** A publish is refused whose client reads no errors. */
  | { readonly type: "drop"; readonly error: ClientError }
  | { readonly type: "read presence" | "read presence stats"; readonly id: number; readonly channel: string }
  | {
      readonly type: "read history";
      readonly id: number;
      readonly channel: string;
      readonly options: HistoryOptions;
      readonly filter: HistoryFilter;
    }
  | { readonly type: "set deadline"; readonly name: DeadlineName; readonly delay: Milliseconds }
  | { readonly type: "clear deadline"; readonly name: DeadlineName }
  | { readonly type: "ping" }
  /** A ping is open since `at`, in monotonic milliseconds; 0: it was answered. */
  | { readonly type: "note ping"; readonly at: number }
  /** The connection has the channels that it is opened for: it is kept alive, and gets what waited for its user. */
  | { readonly type: "settle" }
  /** Ends the other connections of the user. */
  | { readonly type: "be alone" }
  /** What waited for the user is delivered. */
  | { readonly type: "deliver messages" }
  /** The client has acknowledged messages of the inbox; `id` is the command to answer. */
  | { readonly type: "acknowledge"; readonly id: number; readonly ids: readonly string[] };

/** What a hook is asked. The hook itself is found when it is asked: a decision carries no functions. */
export type Question = {
  [K in AskedKind]: { readonly kind: K; readonly request: HookTypes[K]["request"] };
}[AskedKind];

/** What a token can be verified for. */
export type PendingToken = Extract<Pending, { for: "connect" | "refresh" | "subscribe" | "sub_refresh" }>;

/** What a refresh says beside the expiry; undefined leaves what was said before. */
export interface Renewal {
  /** Raw JSON, as in the identity. */
  readonly info?: string | undefined;
  readonly meta?: string | undefined;
}

/** No decision. */
export const nothing: readonly Decision[] = [];

export function reply(answer: Reply): Decision {
  return { type: "reply", reply: answer };
}

/** Answers a command with an error. */
export function refuse(id: number, error: ClientError): Decision {
  return { type: "reply", reply: { id, method: "error", error } };
}

export function end(reason: Ending): Decision {
  return { type: "end", reason };
}

/**
 * Seconds from now until a time in seconds since 1970, at most a year: clients wait with 32-bit timers. Counted in whole
 * seconds as Centrifugo does, so that a token made a moment ago for sixty seconds has sixty left. Null is never.
 */
export function ttlUntil(expireAt: Seconds | null, wall: number): number | null {
  return expireAt === null ? null : Math.min(Math.max(expireAt - Math.floor(wall / 1000), 0), ttlMax);
}

const ttlMax = 31_536_000;

/** Whether a time in seconds since 1970 has come; null is never. */
export function hasPassed(expireAt: Seconds | null, wall: number): boolean {
  return expireAt !== null && expireAt <= Math.floor(wall / 1000);
}
