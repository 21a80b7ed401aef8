import type { Members } from "../../actors/hub/registry.ts";
import type { Config } from "../config/config.ts";
import type { ConsolePorts } from "../console/ports.ts";
import type { RecentWarnings } from "../console/warnings.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Slices } from "../core/slices.ts";
import type { Timers } from "../core/timers.ts";
import type { Operations } from "../operations/operations.ts";
import { residentBytes } from "../runtime/memory.ts";
import type { Network } from "../runtime/network.ts";
import type { ProcessGauges } from "./gauges.ts";
import { hookStatistics } from "./hook-ports.ts";
import type { Messages } from "./messages.ts";
import type { Node } from "./node.ts";
import type { ParentConnection } from "./parent-connection.ts";
import { createPublications } from "./publications.ts";

/** The parts of a server that its console shows. */
export interface ConsoleParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly warnings: RecentWarnings;
  readonly node: Node;
  readonly members: Members;
  readonly operations: Operations;
  readonly slices: Slices;
  readonly process: ProcessGauges;
  readonly messages: Pick<Messages, "waiting">;
  /** Null where this process is the node. */
  readonly parent: ParentConnection | null;
}

/** What the console shows of a server. */
export function consolePorts(
  { console }: Config,
  { node, process, messages, parent, ...parts }: ConsoleParts,
): ConsolePorts {
  return {
    ...parts,
    key: console.key,
    showsPayloads: console.payloads,
    hub: node.hub,
    counters: node.counters,
    broker: node.broker,
    rules: node.rules,
    subscribers: node.subscribers,
    publications: createPublications(node),
    waitingMessages: messages.waiting,
    memory: residentBytes,
    loopLag: process.loopLag,
    stalled: () => node.slow.size,
    hooks: () => hookStatistics(node.hooks),
    nodes: () => node.others?.nodes.all ?? [],
    surveys: node.others?.surveys ?? null,
    isOneNode: parent !== null,
  };
}

/** What the server of the console takes over from the one that it shows. */
export function innerParts({ clock, timers, random, network, onFailure }: InnerParts) {
  return { clock, timers, random, network, onFailure, topicPrefix: "console." };
}

interface InnerParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly network: Network;
  readonly onFailure: (error: unknown) => void;
}
