import type { LoggedPush } from "../messages/log-row.ts";
import type { Waiting } from "../messages/waiting.ts";

/** The figures of the server, published each second. Counts are totals since its start. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Connections by the path of their state, and by their protocol. */
  readonly states: Readonly<Record<string, number>>;
  readonly protocols: Readonly<Record<string, number>>;
  /** The state of the Hub. */
  readonly hub: string;
  readonly connections: number;
  readonly users: number;
  readonly channels: number;
  readonly stalled: number;
  /** Seconds. */
  readonly lag: number;
  /** Bytes. */
  readonly memory: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly closed: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly recoveries: Readonly<Record<string, number>>;
  readonly publishes: number;
  readonly deliveries: number;
  readonly slow: number;
  readonly crashes: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly hooks: readonly HookSample[];
  /** All nodes, the one of this console first; empty where it is alone. */
  readonly nodes: readonly NodeSample[];
}

/** The figures of a node in the last seconds. */
interface NodeSample {
  readonly name: string;
  readonly version: string;
  readonly connections: number;
  readonly users: number;
  readonly channels: number;
}

/** What was counted of one hook. */
interface HookSample {
  readonly kind: string;
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly limited: number;
  readonly inFlight: number;
  /** Seconds. */
  readonly mean: number;
}

/** The connections that a search has found. */
export interface Found {
  readonly connections: readonly Summary[];
  readonly isWhole: boolean;
}

/** A connection in a list. */
export interface Summary {
  readonly id: string;
  /** Null until it is authenticated; "" is anonymous. */
  readonly user: string | null;
  readonly address: string;
  readonly protocol: string;
  readonly state: string;
  readonly channels: number;
}

/** A connection with its subscriptions; no payload, no token, no info. */
export interface ShownConnection extends Summary {
  /** Bytes that the client has not taken. */
  readonly queued: number;
  readonly subscriptions: readonly ShownSubscription[];
}

export interface ShownSubscription {
  readonly channel: string;
  readonly origin: string;
  /** "": it keeps no position. */
  readonly epoch: string;
  readonly offset: number | null;
}

/** News of the watched connection. */
export interface ConnectionUpdate {
  readonly entries: readonly (TimelineEntry & { readonly at: number })[];
  /** Entries that were too many to be sent. */
  readonly missed: number;
  readonly ended: Ended | null;
  readonly connection?: ShownConnection;
}

/** Why a watch has ended: the connection has, its time is over, another connection is watched. */
export type Ended = "gone" | "time" | "other";

/** An event of the watched connection. It holds neither payloads nor tokens nor infos. */
export interface TimelineEntry {
  /** From the client, to the client, or inside of the server. */
  readonly direction: "in" | "out" | "inside";
  readonly type: string;
  readonly channel?: string;
  readonly bytes?: number;
  readonly code?: number;
  /** The path of the state that the connection went to. */
  readonly state?: string;
}

/** News of the watched channel. */
export interface ChannelUpdate {
  readonly facts: ChannelFacts | null;
  readonly publications: readonly ShownPublication[];
  /** Publications that were too many to be sent. */
  readonly missed: number;
}

/** Null in an update: there is no such channel. */
export interface ChannelFacts {
  readonly subscribers: number;
  readonly namespace: string;
  /** Publications that the history keeps. */
  readonly size: number;
  /** "": it has no stream. */
  readonly epoch: string;
  readonly offset: number;
}

/** A publication; `data` only where `console.payloads` is on. */
export interface ShownPublication {
  /** 0: the channel has no history. */
  readonly offset: number;
  readonly bytes: number;
  /** Null: a back end. */
  readonly user: string | null;
  readonly data?: string;
}

/** The last publications of a channel, newest first, or the code of an error. */
export interface ChannelHistory {
  readonly error: number | null;
  readonly publications: readonly ShownPublication[];
}

/** The publish log, newest first, and the messages that wait for users. */
export interface ShownMessages {
  /** Whether there is a publish log. */
  readonly isKept: boolean;
  readonly entries: readonly Omit<LoggedPush, "payload">[];
  /** Null where another process has them. */
  readonly waiting: Waiting | null;
}

/** A line of the log of level `warn` or `error`. */
export interface Warning {
  /** Counts from 1. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: "warn" | "error";
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
