import type { Server } from "bun";
import { toPromise } from "xstate";
import type { HubRef } from "../../actors/hub/events.ts";
import { Members } from "../../actors/hub/registry.ts";
import packageJson from "../../package.json" with { type: "json" };
import type { Config } from "../config/config.ts";
import type { Profile } from "../config/profiles.ts";
import { RecentWarnings } from "../console/warnings.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Timers } from "../core/timers.ts";
import type { ApplicationDefinition } from "../hooks/in-process/in-process.ts";
import { createInProcess } from "../operations/in-process.ts";
import { createLog, survivingLog } from "../runtime/log.ts";
import { type Network, systemNetwork } from "../runtime/network.ts";
import { stderr } from "../runtime/stderr.ts";
import { systemClock, systemRandom, systemTimers } from "../runtime/system.ts";
import { Arrivals } from "../sockets/arrivals.ts";
import type { BunSocket } from "../sockets/socket.ts";
import { createApplicationHooks } from "./application-hooks.ts";
import { attempt } from "./attempt.ts";
import { openConsole, type StartInner } from "./console.ts";
import { innerParts } from "./console-ports.ts";
import type { ProcessGauges } from "./gauges.ts";
import { endEvents } from "./hook-ports.ts";
import { createListeners, type Listeners } from "./listeners.ts";
import { type Messages, openMessages } from "./messages.ts";
import { createNode, type Node, type NodePorts, type Replacements } from "./node.ts";
import { OpenFilesWatch } from "./open-files.ts";
import { createConfiguredOperations } from "./operations.ts";
import { type ParentConnection, parentUsers } from "./parent-connection.ts";
import { createPublications } from "./publications.ts";
import { createReload } from "./reload.ts";
import { openServers, type Servers } from "./servers.ts";
import { assertFree } from "./start-checks.ts";
import { Sweeper } from "./sweeper.ts";
import { WallClockWatch } from "./wall-clock.ts";

/** What can be given from outside instead of the machine's own; a part that is absent is the real one. */
export interface Outside {
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly network?: Network;
  /** Instead of the log that `log.level` and `log.format` describe, on stderr. */
  readonly log?: Log;
  /** Changes the level of that log. */
  readonly setLogLevel?: (level: Config["log"]["level"]) => void;
  /** Called when the Hub has failed. Without it the failure is thrown, and ends the process. */
  readonly onFailure?: (error: unknown) => void;
  /** Parts that are put in the place of the real ones: for tests of faults. */
  readonly replace?: Replacements;
  /** What the configuration was read with; `file` where it is absent. */
  readonly profile?: Profile;
  /** Lines of `config.warning`, logged after `server.started`. */
  readonly warnings?: readonly string[];
  /** The application whose code decides. */
  readonly application?: ApplicationDefinition;
  /** Tells topics from those of another server on the same listener. */
  readonly topicPrefix?: string;
  /** The process that has what the workers of this node share; absent where this is the only one. */
  readonly parent?: ParentConnection;
  /** False: no public listener; requests come through `mount`. Default true. */
  readonly listen?: boolean;
}

/** A server that listens, with its parts. */
export type Started = ReturnType<typeof start>;

/**
 * Puts the parts of a server together and lets it listen.
 *
 * @throws where an address cannot be listened at, or a file cannot be opened
 */
export function start(config: Config, outside: Outside = {}) {
  const parts = completed(config, outside);
  const { log, network } = parts;
  let isDraining = false;
  const isListening = outside.listen ?? true;
  // The parent has asked before, and the workers share the port.
  if (isListening && !parts.parent) assertFree(config.http_server, network);
  const application = outside.application
    ? createApplicationHooks(outside.application, config, {
        ...parts,
        url: () => servers.url,
        authenticator: () => node.authenticator,
        inProcess: () => inProcess,
        publications: () => createPublications(node),
        stop: () => stop(),
      })
    : null;
  const hub: HubRef = { send: (event) => node.hub.send(event) };
  const users = parts.parent && parentUsers(parts.parent, hub);
  const members = new Members(users);
  const messages = openMessages(config, { ...parts, registry: members, hub });
  const nodeParts: NodePorts = {
    ...parts,
    members,
    application,
    inbox: messages.delivery,
    publish: (topic, frame, except) => servers.publish(topic, frame, except),
  };
  const node = attempt(() => createNode(config, nodeParts), messages.close);
  messages.share(node.openInbox);
  const { sweeper, process } = startSweeping(parts, node, messages);
  const { operations, slices } = createConfiguredOperations(config, { ...parts, node, messages, users });
  const startInner: StartInner = (inner, definition, innerLog) =>
    start(inner, { ...innerParts(parts), log: innerLog, application: definition, listen: false });
  const served = { ...parts, node, members, messages, operations, slices, process };
  const console = openConsole(config, served, startInner);
  const listeners = createListeners(config, { ...served, console, isDraining: () => isDraining });
  const close = async () => {
    sweeper.stop();
    await console?.stop();
    await node.leave();
    await node.broker.close();
    await endEvents(node.hooks);
    messages.close();
  };
  const servers = attempt(
    () => openServers(config, { ...parts, listeners, isListening, isPortShared: parts.parent !== null }),
    close,
  );

  const drain = async (isReplaced: boolean) => {
    // What the parent has let another worker take over: until no new connection comes, all are served.
    if (isReplaced) await parts.parent?.leavePort();
    isDraining = true;
    log.info("server.draining", { connections: listeners.admission.connections });
    node.hub.send({ type: "hub.drain" });
    const { cut } = await endOf(node, async () => {
      await close();
      await servers.stop();
    });
    log.info("server.stopped", { cut });
    return { cut };
  };
  let stopped: ReturnType<typeof drain> | null = null;
  const stop = ({ isReplaced = false } = {}) => (stopped ??= drain(isReplaced));
  const inProcess = createInProcess(operations, () => node.hub.getSnapshot().status === "active");
  const reload = createReload(config, { ...parts, node, listeners, servers });
  if (!parts.parent) tellStart(log, servers.url, outside.warnings ?? []);
  servers.logSkipped();
  return {
    url: servers.url,
    internalUrl: servers.internalUrl,
    stop,
    /** Takes over what can be changed in place, and logs what cannot. */
    reload,
    inProcess,
    /** The server as an application sees it; null without one. */
    application: application?.server ?? null,
    /** For the requests and the sockets of a server of the application. */
    mount: mountOf(servers, listeners),
    node: { ...node, sweep: () => sweeper.sweep() },
  };
}

/** Waits for the end of the Hub. What is closed then is closed too where the Hub has failed: another server may take it. */
async function endOf({ hub, hooks }: Node, close: () => Promise<void>): Promise<{ readonly cut: number }> {
  try {
    const { cut } = await toPromise(hub);
    hooks?.channels.closeAll();
    return { cut };
  } finally {
    await close();
  }
}

function mountOf(servers: Servers, listeners: Listeners) {
  return {
    respond: (request: Request, host: Server<BunSocket>) => {
      servers.add(host);
      return listeners.respondMounted(request, host);
    },
    handlers: listeners.handlers,
    /** Opens a WebSocket connection; the caller has checked the Host. */
    upgrade: (request: Request, host: Server<BunSocket>, path: string) => {
      servers.add(host);
      return listeners.upgrade(request, host, path);
    },
  };
}

function startSweeping(parts: Completed, node: Node, messages: Messages) {
  const wallClock = new WallClockWatch({ ...parts, counters: node.counters });
  const files = new OpenFilesWatch(parts);
  const second = () => {
    wallClock.look();
    files.look();
    node.second();
    messages.second();
  };
  const tick = () => {
    node.tick();
    parts.arrivals.tick();
    messages.tick();
    node.hooks?.caller.lagged(sweeper.lag * 1000);
  };
  const sweeper = new Sweeper(parts, { tick, second, seldom: messages.sweep });
  const process: ProcessGauges = {
    loopLag: () => sweeper.lag,
    logLinesDropped: parts.logLinesDropped,
    openFiles: () => files.open,
    openFilesLimit: () => files.limit,
  };
  return { sweeper, process };
}

type Completed = ReturnType<typeof completed>;

function completed(config: Config, outside: Outside) {
  const own = outside.log ? { log: outside.log, setLevel: () => {} } : ownLog(config);
  const clock = outside.clock ?? systemClock;
  const surviving = survivingLog(own.log);
  const { dropped } = surviving;
  const warnings = new RecentWarnings(clock);
  const log = config.console.enabled ? warnings.keep(surviving.log) : surviving.log;
  const network = outside.network ?? systemNetwork;
  const random = outside.random ?? systemRandom;
  return {
    clock,
    timers: outside.timers ?? systemTimers,
    random,
    /** What this node is called among others, and in the reply to connect of streams. */
    nodeId: random.uuid(),
    network,
    arrivals: new Arrivals(network.tcp, { messageTimeout: config.websocket.message_timeout }, clock),
    log,
    warnings,
    /** Lines of the log that were not written: by the log from outside, or to stderr. */
    logLinesDropped: () => dropped() + stderr.dropped,
    setLogLevel: outside.setLogLevel ?? own.setLevel,
    onFailure: outside.onFailure ?? rethrow,
    replace: outside.replace ?? {},
    topicPrefix: outside.topicPrefix ?? "",
    profile: outside.profile ?? "file",
    parent: outside.parent ?? null,
    version: packageJson.version,
    isStrict: process.env["NODE_ENV"] !== "production",
  };
}

/** `server.started` is the first line of the log: who starts a server waits for it, and reads the address from it. */
export function tellStart(log: Log, url: string, warnings: readonly string[]): void {
  log.info("server.started", { url, version: packageJson.version, bun: Bun.version });
  for (const line of warnings) log.warn("config.warning", { line });
}

function ownLog(config: Config) {
  const log = createLog(config.log, stderr);
  return { log, setLevel: log.setLevel };
}

function rethrow(error: unknown): never {
  throw error;
}
