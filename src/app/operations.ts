import type { Config } from "../config/config.ts";
import { sharedEngine } from "../config/shared-engine.ts";
import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import { Slices } from "../core/slices.ts";
import type { Timers } from "../core/timers.ts";
import { createOperations } from "../operations/operations.ts";
import type { ParentUsers } from "../processes/users.ts";
import { createUsage } from "../runtime/usage.ts";
import { createAccounts } from "./accounts.ts";
import { nodeName } from "./api.ts";
import type { Messages } from "./messages.ts";
import type { Node } from "./node.ts";
import type { ParentConnection } from "./parent-connection.ts";

interface OperationsParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly version: string;
  readonly nodeId: string;
  readonly node: Node;
  readonly parent: ParentConnection | null;
  /** The users of the node where it has several processes; null where it has one. */
  readonly users: Pick<ParentUsers, "census"> | null;
  readonly messages: Messages;
}

/** What a back end can do with this node, and the slices in which long work of its requests is done. */
export function createConfiguredOperations(config: Config, parts: OperationsParts) {
  const { clock, timers, random, version, nodeId, node, messages, users, parent } = parts;
  const slices = new Slices(clock, timers.setImmediate);
  const operations = createOperations({
    ...node,
    hub: node.everyHub,
    clock,
    random,
    slices,
    inbox: messages.inbox,
    canKeep: sharedEngine(config) !== "nats",
    publishLog: messages.log,
    others: node.others?.surveys ?? null,
    census: users && (() => users.census()),
    accountOf: createAccounts(config),
    logPayloads: config.push_log.payloads,
    identity: { uid: parent?.node ?? nodeId, name: nodeName(config), version },
    usage: createUsage(clock),
  });
  return { operations, slices };
}
