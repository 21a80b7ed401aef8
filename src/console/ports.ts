import type { AnyActorRef } from "xstate";
import type { Members } from "../../actors/hub/registry.ts";
import type { Broker } from "../broker/broker.ts";
import type { ChannelRules } from "../channels/rules.ts";
import type { Surveys } from "../cluster/surveys.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Slices } from "../core/slices.ts";
import type { Timers } from "../core/timers.ts";
import type { Publications } from "../hooks/in-process/server-subscription.ts";
import type { HookStatistics } from "../hooks/statistics.ts";
import type { Waiting } from "../messages/waiting.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Operations } from "../operations/operations.ts";
import type { RecentWarnings } from "./warnings.ts";

/** A node in a few figures. */
interface NodeFigures {
  readonly name: string;
  readonly version: string;
  readonly clients: number;
  readonly users: number;
  readonly channels: number;
}

/** What the console reads of the server that it shows, and what it does to it. */
export interface ConsolePorts {
  /** The key that a page connects with; "": none is needed. */
  readonly key: string;
  /** Whether the data of publications is shown. */
  readonly showsPayloads: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly warnings: RecentWarnings;
  readonly slices: Slices;
  readonly members: Members;
  readonly hub: AnyActorRef;
  readonly counters: Counters;
  readonly broker: Pick<Broker, "top">;
  readonly rules: Pick<ChannelRules, "resolve">;
  readonly subscribers: { readonly size: number; count(channel: string): number };
  readonly operations: Pick<Operations, "disconnect" | "unsubscribe" | "publish" | "history" | "publishLog">;
  readonly publications: Publications;
  /** Messages that wait for users, the oldest first; null where another process has them. */
  waitingMessages(limit: number): Waiting | null;
  /** Bytes of resident memory. */
  memory(): number;
  /** Seconds that the last sweep was late by. */
  loopLag(): number;
  /** Connections with something unsent. */
  stalled(): number;
  hooks(): readonly HookStatistics[];
  /** The other nodes, or the other processes of this one, which `isOneNode` says; null where this one is alone. */
  readonly surveys: Surveys | null;
  readonly isOneNode: boolean;
  /** All nodes, this one first, with their figures of the last seconds; empty where this one is alone. */
  nodes(): readonly NodeFigures[];
}
