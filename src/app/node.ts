import { createCommandLane } from "../../actors/connection/lane.ts";
import { connectionLogic, createAbandon } from "../../actors/connection/logic.ts";
import { Deadlines } from "../../actors/deadlines.ts";
import { adopt } from "../../actors/hub/adopt.ts";
import type { ConnectionRef, Members } from "../../actors/hub/registry.ts";
import type { InboxDelivery } from "../../actors/inbox/delivery.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { createAuthenticator } from "../auth/jwt.ts";
import { switchableAuthenticator } from "../auth/switchable.ts";
import type { Broker, BrokerEvents } from "../broker/broker.ts";
import { guardBroker } from "../broker/guarded.ts";
import type { Store } from "../broker/local/store.ts";
import { createChannelRules, type DeclaredChannels } from "../channels/rules.ts";
import { switchableRules } from "../channels/switchable.ts";
import type { Config } from "../config/config.ts";
import { sharedEngine } from "../config/shared-engine.ts";
import { reservedPrefix } from "../console/contract.ts";
import { BytesBudget } from "../core/bytes-budget.ts";
import type { Clock } from "../core/clock.ts";
import type { ConnectCommand } from "../core/command.ts";
import type { Frame } from "../core/frame.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Socket } from "../core/socket.ts";
import { milliseconds } from "../core/time.ts";
import type { Timers } from "../core/timers.ts";
import { Fanout } from "../delivery/fanout.ts";
import { Losses } from "../delivery/losses.ts";
import { SlowWatch } from "../delivery/slow-consumers.ts";
import { type NativeSubscriber, SubscriberTable } from "../delivery/subscribers.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { Inbox } from "../messages/inbox.ts";
import { createCounters } from "../metrics/counters.ts";
import type { Presence } from "../presence/presence.ts";
import { attempt } from "./attempt.ts";
import { type OpenedBroker, openBroker } from "./broker.ts";
import { createNodeHooks } from "./hook-ports.ts";
import { createHooks, readsHandshakes } from "./http-hooks.ts";
import { startHub } from "./hub.ts";
import { bytesRateOf, connectionOptions, lossOptions, recoveryRate, slowOptions, tokenOptions } from "./options.ts";
import { type ParentConnection, quietly } from "./parent-connection.ts";
import { countRecoveries } from "./recoveries.ts";
import { shareNode } from "./shared.ts";

/** What a node takes from outside: time, chance, words, and a way to everyone on a topic. */
export interface NodePorts {
  /** What this run is called in events. */
  readonly nodeId: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly version: string;
  /** The table of the connections, which the Hub fills. */
  readonly members: Members;
  /** Bun's native publish. */
  publish(topic: string, frame: Frame, except: NativeSubscriber | null): number;
  /** Called when the Hub has failed: its connections are orphans, and the process has to end. */
  onFailure(error: unknown): void;
  readonly replace: Replacements;
  /** Tells the topics of this node from those of another one on the same listener. */
  readonly topicPrefix: string;
  /** The application whose code decides; null without one. */
  readonly application: { readonly hooks: Hooks; readonly channels: DeclaredChannels } | null;
  /** The process that has what the workers of this node share; null where this is the only one. */
  readonly parent: ParentConnection | null;
  /** Messages that wait for users; null where nothing is kept. */
  readonly inbox: InboxDelivery | null;
}

/** For tests of faults: each receives the real part and returns its replacement. */
export interface Replacements {
  /** The events of the broker: given to the real one instead. */
  events?(events: BrokerEvents): BrokerEvents;
  broker?(broker: Broker): Broker;
  inbox?(inbox: Inbox): Inbox;
  presence?(presence: Presence): Presence;
  authenticator?(authenticator: Authenticator | null): Authenticator | null;
  /** The store on the disk; not called where there is none. */
  store?(store: Store): Store;
}

/** Every part of the server that is not HTTP, put together. */
export type Node = ReturnType<typeof createNode>;

/** Builds the parts in the order in which they need each other: what is delivered to, what delivers, who decides. */
export function createNode(config: Config, ports: NodePorts) {
  const { clock, log, publish } = ports;
  const counters = createCounters((channel) => rules.resolve(channel)?.namespace.name ?? null);
  const deadlines = new Deadlines(clock);
  const subscribers = new SubscriberTable((channel) => broker.leave(channel), counters.namespaces, ports.topicPrefix);
  const slow = new SlowWatch(slowOptions(config), clock, counters);
  const losses = lossesOf(config, ports);
  const fanout = new Fanout({ subscribers, slow, clock, counters, log, publish, losses });

  const engine = openBroker(config, { ...ports, counters, announce: (push) => fanout.announce(push) }, fanout, () => {
    // Another file has other epochs: subscribers with a position are notified now, not at the next check of it.
    hub.send({ type: "streams.replaced" });
  });
  const chosen = ports.replace.broker?.(engine.broker) ?? engine.broker;
  const failed: BrokerFailed = (operation, error) => publications.send({ type: "broker.failed", operation, error });
  const broker = countRecoveries(guardBroker(chosen, failed), counters.recoveries);

  const after = (delay: number, run: () => void) => later(deadlines, ports.timers, delay, run);
  const { authenticator, rules, reload } = createRules(config, ports);
  const ask = () =>
    createHooks(config, ports.application?.hooks ?? null, { ...ports, node: ports.nodeId, after, rules });
  const asked = attempt(ask, () => chosen.close());
  const hooks = createNodeHooks(asked, { ...ports, after });
  const { hub, publications } = startHub(config, {
    ...ports,
    broker: chosen,
    deadlines,
    counters,
    abandon: (context) => abandon(context),
  });
  const shared = shareNode(config, {
    ...ports,
    log: ports.parent ? quietly(log) : log,
    subscribers,
    hub,
    engine,
    announce: (push) => fanout.announce(push),
    after,
  });
  const { presence, presenceEvents } = shared;
  const options = connectionOptions(config, { version: ports.version, hooks: hooks?.hooks.options ?? null });
  const connections = {
    ...ports,
    ...budgetsOf(config, clock),
    counters,
    deadlines,
    hub: shared.everyHub,
    authenticator,
    publications,
    broker,
    presence,
    presenceEvents,
    rules,
    hooks,
  };
  const logic = connectionLogic(connections);
  const abandon = createAbandon(connections);

  return {
    hub,
    /** The connections of this node, for reading. */
    registry: ports.members,
    counters,
    deadlines,
    subscribers,
    fanout,
    slow,
    broker,
    /** What the broker itself has counted. */
    commits: () => engine.broker.counts,
    ...shared,
    rules,
    publications,
    authenticator,
    lane: createCommandLane(connections),
    hooks,
    /** Whether hooks read the requests that connections begin with. */
    readsRequests: ports.application !== null || readsHandshakes(config),
    /** Spawns the connection of a socket. */
    adopt(socket: Socket, connect?: ConnectCommand): ConnectionRef {
      return adopt({ hub, members: ports.members, counters }, logic, { socket, options, ...(connect && { connect }) });
    },
    /** Takes over the token keys and the rules of channels of a configuration. */
    reload,
    ...sweepsOf({ deadlines, slow, losses, engine, second: shared.second }),
  };
}

/** What clients may be sent because they ask for it. */
function budgetsOf(config: Config, clock: Clock) {
  return {
    recoveryBudget: new BytesBudget(recoveryRate(config), clock),
    answerBudget: new BytesBudget(bytesRateOf(config), clock),
  };
}

/**
 * Losses of continuity are reported in small groups where many can lose it at once: the broker is not in this process.
 */
function lossesOf(config: Config, { parent, random }: NodePorts): Losses | null {
  return sharedEngine(config) === null && parent === null ? null : new Losses(lossOptions(config), random);
}

type BrokerFailed = Parameters<typeof guardBroker>[1];

/** The parts that have something to do from time to time. */
interface Swept {
  readonly deadlines: Deadlines;
  readonly slow: SlowWatch;
  readonly losses: Losses | null;
  readonly engine: OpenedBroker;
  second(): void;
}

function sweepsOf({ deadlines, slow, losses, engine, second }: Swept) {
  return {
    /** To be called every 50 ms. */
    tick(): void {
      deadlines.sweep();
      slow.sweep();
      losses?.tick();
      engine.broker.tick?.();
    },
    /** To be called about once a second. */
    second(): void {
      deadlines.sweepWall();
      engine.broker.sweep();
      second();
    },
  };
}

/** What decides who may do what; a configuration can replace it while the server runs. */
function createRules(config: Config, ports: NodePorts) {
  const verifier = createConfiguredAuthenticator(config, ports);
  const authenticator = verifier && switchableAuthenticator(verifier);
  const rules = switchableRules(createConfiguredRules(config, ports));
  const reload = (next: Config) => {
    const renewed = createConfiguredAuthenticator(next, ports);
    if (renewed) authenticator?.replace(renewed);
    rules.replace(createConfiguredRules(next, ports));
  };
  return { authenticator, rules, reload };
}

function createConfiguredAuthenticator(config: Config, { clock, log, replace }: NodePorts): Authenticator | null {
  const configured = createAuthenticator({ ...tokenOptions(config), clock, log });
  return replace.authenticator?.(configured) ?? configured;
}

/** The rules of the channels of a configuration. */
export function createConfiguredRules(
  { channel, client, engine, console }: Config,
  { application }: Pick<NodePorts, "application">,
) {
  const flags = {
    insecure: client.insecure,
    engine: engine.type,
    subscribe_to_user_personal_channel: client.subscribe_to_user_personal_channel,
    reserved: console.enabled ? reservedPrefix : null,
  };
  return createChannelRules(channel, flags, application?.channels);
}

/** Runs something later; without a delay in the next turn, and not at the next sweep of the deadlines. */
function later(deadlines: Deadlines, timers: Timers, delay: number, run: () => void): () => void {
  if (delay <= 0) {
    let isDue = true;
    timers.setImmediate(() => {
      if (isDue) run();
    });
    return () => {
      isDue = false;
    };
  }
  const deadline = deadlines.set({ send: run }, "timeout", milliseconds(delay));
  return () => deadlines.cancel(deadline);
}
