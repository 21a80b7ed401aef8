import { decide } from "../../actors/connection/decide/command.ts";
import type { View } from "../../actors/connection/decide/decision.ts";
import type { Holdable } from "../../actors/connection/held.ts";
import type { ConnectionRecord } from "../../actors/connection/record.ts";
import type { Joining } from "../../actors/connection/subscription.ts";
import { createChannelRules } from "../../src/channels/rules.ts";
import type { SubscribeCommand } from "../../src/core/command.ts";
import type { Identity } from "../../src/core/identity.ts";
import { milliseconds, seconds } from "../../src/core/time.ts";
import { channelConfig, flags } from "../channels/config.ts";
import { clientEvent, record, subscribeCommand } from "./connection-values.ts";

export const wall = 1_000_000;
export const soon = seconds(1_010);
export const past = seconds(999);
export const ann: Identity = { user: "ann", expireAt: null, subscriptions: [] };
const rules = createChannelRules(
  channelConfig({ allow_subscribe_for_client: true, allow_publish_for_client: true, presence: true }, [
    {
      name: "kept",
      history_size: 10,
      history_ttl: milliseconds(60_000),
      force_recovery: true,
      allow_subscribe_for_client: true,
    },
  ]),
  flags(),
);

/** A connection as decisions see it. */
export function viewOf(connection: ConnectionRecord = record(), identity: Identity = ann): View {
  connection.identity = identity;
  return { connection, rules, hooks: null, wall, monotonic: 0 };
}

/** What follows from something that the client sends. */
export const decided = (view: View, event: unknown, isWithinRate = true) =>
  decide(view, event as Holdable, isWithinRate);

/** The joining that a subscribe leads to. */
export function joiningOf(view: View, channel: string, command: Partial<SubscribeCommand> = {}): Joining {
  const [decision] = decided(view, clientEvent({ ...subscribeCommand, channel, ...command }));
  if (decision?.type !== "join") throw new Error(JSON.stringify(decision));
  return decision.joining;
}

/** The answer of a broker to a join. */
export const joined = { position: { offset: 3, epoch: "abcdefgh" }, publications: [], recovered: false };
