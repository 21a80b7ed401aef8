import { disconnects } from "../core/disconnects.ts";
import { NamespaceCounters } from "./counters-by-namespace.ts";
import { Histogram } from "./histogram.ts";

/** What became of the publications of one source. */
export interface PublishCounts {
  /** Committed, or delivered where nothing is kept. */
  accepted: number;
  /** Answered with an error by the broker. */
  refused: number;
  /** Answered with error 100 because the broker threw. */
  failed: number;
}

/**
 * What the hot path counts: plain numbers on a plain object, one addition each. They are turned into Prometheus' form
 * only at a scrape (`metrics.ts`). Labels are bounded by construction: codes and reasons come from our tables.
 */
export interface Counters {
  /** Connections that were upgraded. */
  accepted: number;
  /** Upgrades that were refused, by reason. */
  readonly refused: Map<string, number>;
  /** Connections that ended, by close code; see `closeLabel`. */
  readonly closed: Map<string, number>;
  /** Connections that threw. */
  crashes: number;
  /** Connections that were ended because they did not take what they were sent. */
  slow: number;
  /** Frames, and their bytes, from clients and to clients. */
  framesIn: number;
  bytesIn: number;
  framesOut: number;
  bytesOut: number;
  /** Publications by where they came from; `server` is the process itself. */
  readonly publishes: Readonly<Record<"client" | "api" | "server" | "hook", PublishCounts>>;
  /** Throws of the broker, by the call that threw: each is a defect. */
  readonly brokerFailures: Map<string, number>;
  /** Publications that were handed on, and the copies that went out. */
  publications: number;
  deliveries: number;
  /** Calls of the API, by method, and requests to it that were refused before their method was run, by HTTP status. */
  readonly apiCalls: Map<string, number>;
  readonly apiRefused: Map<number, number>;
  /** Calls of Centrifugo's methods with fields that they have not, by method. */
  readonly apiUnknownFields: Map<string, number>;
  /** Frames and commands over their rate. */
  limited: number;
  /** Jumps of the wall clock by more than 60 s. */
  clockJumps: number;
  /** Frames of plain clients that were not published, by reason. */
  readonly dropped: Map<string, number>;
  /** Error replies to commands of clients, by code. */
  readonly commandErrors: Map<number, number>;
  /** Subscriptions from a position, by outcome. */
  readonly recoveries: Map<string, number>;
  /** From a publish to its outcome, where its caller receives one. */
  readonly publishDurations: Histogram;
  /** From a publication of the broker to its frames at the runtime; one in 64. */
  readonly deliveryDurations: Histogram;
  /** From a call of the engine that nodes share to its answer. */
  readonly engineDurations: Histogram;
  readonly namespaces: NamespaceCounters;
  /** Errors that reached the last net: each is a defect. */
  errors: number;
}

/** A fresh set, all zero: one per server. `namespaceOf` names the namespace of a channel; null where it is unknown. */
export function createCounters(namespaceOf: (channel: string) => string | null = () => null): Counters {
  const noPublishes = () => ({ accepted: 0, refused: 0, failed: 0 });
  return {
    accepted: 0,
    refused: new Map(),
    closed: new Map(),
    crashes: 0,
    slow: 0,
    framesIn: 0,
    bytesIn: 0,
    framesOut: 0,
    bytesOut: 0,
    publishes: { client: noPublishes(), api: noPublishes(), server: noPublishes(), hook: noPublishes() },
    brokerFailures: new Map(),
    publications: 0,
    deliveries: 0,
    apiCalls: new Map(),
    apiRefused: new Map(),
    apiUnknownFields: new Map(),
    limited: 0,
    clockJumps: 0,
    dropped: new Map(),
    commandErrors: new Map(),
    recoveries: new Map(),
    publishDurations: new Histogram(),
    deliveryDurations: new Histogram(),
    engineDurations: new Histogram(),
    namespaces: new NamespaceCounters(namespaceOf),
    errors: 0,
  };
}

/** Codes of RFC 6455 7.4.1 that an endpoint meets: sent, or reported where none was. */
const registeredCodes = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013];

const knownCodes = new Set([...registeredCodes, ...Object.values(disconnects).map(({ code }) => code)]);

/** The label of a close code: a client may choose any from 3000 to 4999, and each would be a series of its own. */
export function closeLabel(code: number): string {
  return knownCodes.has(code) ? String(code) : "other";
}

/** Adds one under a label. */
export function countIn<Label>(map: Map<Label, number>, label: Label): void {
  map.set(label, (map.get(label) ?? 0) + 1);
}
