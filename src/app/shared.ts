import type { HubRef } from "../../actors/hub/events.ts";
import type { Registry } from "../../actors/hub/registry.ts";
import { Cluster } from "../cluster/cluster.ts";
import { Control } from "../cluster/control.ts";
import { Nodes } from "../cluster/nodes.ts";
import { Surveys } from "../cluster/surveys.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { PresencePush } from "../core/reply.ts";
import type { Timers } from "../core/timers.ts";
import type { Inbox } from "../messages/inbox.ts";
import type { InboxOptions } from "../messages/inbox-options.ts";
import type { EngineMetrics } from "../metrics/engine.ts";
import { createMemoryPresence } from "../presence/memory.ts";
import type { Presence } from "../presence/presence.ts";
import { createPresenceEvents } from "../presence/presence-events.ts";
import type { SharedPresence } from "../presence/shared.ts";
import { nodeName } from "./api.ts";
import type { OpenedBroker } from "./broker.ts";

/** What a node takes for what it shares with others. */
interface SharedPorts {
  readonly nodeId: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly version: string;
  readonly members: Registry;
  readonly hub: HubRef;
  readonly engine: OpenedBroker;
  readonly subscribers: { readonly size: number };
  /** For tests of faults: is given the presence of a node that is alone. */
  readonly replace: { presence?(presence: Presence): Presence };
  /** Tells this node's subscribers of a join or a leave. */
  announce(push: PresencePush): void;
  /** Runs something later; the answer takes it back. */
  after(delay: number, run: () => void): () => void;
}

/** What a node has alone, or shares with others: its Hub, and the presence of channels. */
export function shareNode(config: Config, ports: SharedPorts) {
  const { hub, engine } = ports;
  const others = joinNodes(config, ports);
  const shared = others && sharePresence(ports, others);
  const local = localPresenceOf(ports);
  return {
    /** The other nodes, and messages and questions among them; null where this node is alone. */
    others,
    /** Sends commands of a back end to connections of all nodes; to this node's where there is no other. */
    everyHub: others?.control ?? hub,
    /** The engine that several nodes share; null where this node is alone. */
    remote: engineMetrics(engine, others, shared),
    ...(shared ? { presence: shared, presenceEvents: shared } : local),
    /** That of this node, where it is alone. */
    localPresence: local.localPresence,
    /** Opens the inbox that nodes share; throws where each keeps its own. */
    openInbox(options: InboxOptions): Inbox {
      if (!others || !engine.openInbox) throw new Error("This node keeps its own inbox.");
      const { cluster } = others;
      const tell = (user: string) => cluster.tellAll("inbox", user);
      return engine.openInbox({ tell, listen: (told) => cluster.onTold("inbox", told) }, options);
    },
    /** To be called about once a second. */
    second(): void {
      others?.nodes.tick();
      if (engine.remote?.().isUp) shared?.tick();
    },
    /** Takes this node out of what it shares with others, after its connections have left. */
    async leave(): Promise<void> {
      await shared?.close();
      others?.nodes.leave();
    },
  };
}

function joinNodes(
  config: Config,
  { nodeId, clock, timers, log, version, members, hub, engine: { bus }, subscribers }: SharedPorts,
) {
  if (bus === null) return null;
  const cluster = new Cluster({ bus, timers, node: nodeId });
  const describe = () => {
    const { connections, users } = members.count();
    return { name: nodeName(config), version, clients: connections, users, channels: subscribers.size };
  };
  const nodes = new Nodes({ cluster, clock, log, describe });
  return { cluster, nodes, surveys: new Surveys(cluster, nodes), control: new Control({ hub, cluster }) };
}

type Others = NonNullable<ReturnType<typeof joinNodes>>;

/** What is known of the engine, and of the nodes that share it. */
function engineMetrics(
  { remote }: OpenedBroker,
  others: ReturnType<typeof joinNodes>,
  presence: SharedPresence | null,
): (() => EngineMetrics) | null {
  if (remote === null) return null;
  return () => {
    const { unreadable = 0, unanswered = 0 } = others?.cluster.counts ?? {};
    const engine = remote();
    const nodes = 1 + (others?.nodes.others.length ?? 0);
    return { ...engine, unreadable: engine.unreadable + unreadable + (presence?.unreadable ?? 0), nodes, unanswered };
  };
}

function localPresenceOf({ replace, announce, after }: SharedPorts) {
  const localPresence = createMemoryPresence();
  const presence = replace.presence?.(localPresence) ?? localPresence;
  return { localPresence, presence, presenceEvents: createPresenceEvents({ presence, announce, after }) };
}

function sharePresence(
  { engine, nodeId: node, after }: SharedPorts,
  { nodes, surveys }: Others,
): SharedPresence | null {
  const shared = engine.openPresence?.({ node, nodes, after, surveys }) ?? null;
  if (shared) nodes.onGone((gone) => shared.gone(gone));
  return shared;
}
