import type { Server } from "bun";
import { toPromise } from "xstate";
import { deadlineResolution } from "../actors/deadlines.ts";
import type { HubRef } from "../actors/hub/events.ts";
import { Members } from "../actors/hub/registry.ts";
import packageJson from "../package.json" with { type: "json" };
import { createListeners } from "./app/listeners.ts";
import { openMessages } from "./app/messages.ts";
import { createNode, type Node, type Replacements } from "./app/node.ts";
import { assertFree, missingFiles } from "./app/start-checks.ts";
import type { Config, ConfigInput } from "./config/config.ts";
import { parseConfig } from "./config/parse.ts";
import type { Profile } from "./config/profiles.ts";
import type { Clock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { Random } from "./core/random.ts";
import { answer } from "./http/responses.ts";
import { tlsOptions } from "./http/tls.ts";
import { createInProcess, type InProcess } from "./operations/in-process.ts";
import { OperationError } from "./operations/operation-error.ts";
import { createOperations } from "./operations/operations.ts";
import { createLog } from "./runtime/log.ts";
import { systemClock, systemRandom } from "./runtime/system.ts";
import type { BunSocket } from "./sockets/socket.ts";

/** What a caller may bring along; production brings nothing but its configuration. */
export interface StartOptions {
  /**
   * What holds where the configuration is silent: `file`, in which nothing is allowed that it does not allow, or
   * `development`, in which everything works at once. Without a configuration it is `development`.
   */
  readonly profile?: Profile;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Instead of the log that `log.level` and `log.format` describe, on stderr. */
  readonly log?: Log;
  /** Called when the Hub has failed. Without it the failure is thrown, and ends the process. */
  readonly onFailure?: (error: unknown) => void;
  /** Parts that are put in the place of the real ones: for tests of faults. */
  readonly replace?: Replacements;
}

/** A server that listens. What a back end can do over HTTP it can do by its methods. */
export interface RunningServer extends InProcess {
  /** Where, without a trailing slash: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The same of `http_server.internal_port`; null where there is none. */
  readonly internalUrl: string | null;
  /**
   * Drains and stops: nobody new is let in, what was accepted is finished, everyone is told to come back elsewhere, and
   * the listener closes. Resolves within `shutdown.timeout`; `cut` counts the connections that had to be cut off.
   */
  stop(): Promise<{ readonly cut: number }>;
  /** The parts, for tests and benches that look inside. */
  readonly node: Node;
}

/** A configuration that is not valid: each of its lines begins with the path of a mistake. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}

/** Whether an operation of the server was refused; `code` and `message` say why, as over HTTP. */
export function isOperationError(error: unknown): error is OperationError {
  return error instanceof OperationError;
}

/** The configuration of a server, in the shape of the file: everything may be left out. */
export type ServerConfig = ConfigInput;

/**
 * Starts a server inside this process, with a configuration in the shape of the file; neither the environment nor a file
 * is read. Port 0 takes a free one.
 *
 * @throws ConfigError where the configuration is not valid, or names a file that is not there; an Error in words where
 * nobody can listen
 */
export async function startServer(input?: ServerConfig, options: StartOptions = {}): Promise<RunningServer> {
  const profile = options.profile ?? (input ? "file" : "development");
  const parsed = parseConfig(input ?? {}, profile);
  if (!parsed.ok) throw new ConfigError(parsed.errors);
  return listen(parsed.config, { ...options, warnings: parsed.warnings });
}

/** What is to be said at the start, beside what a caller may bring along. */
export interface ListenOptions extends StartOptions {
  readonly warnings?: readonly string[];
}

/** Starts a server with a configuration that has been parsed. */
export function listen(config: Config, options: ListenOptions = {}): RunningServer {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const log = options.log ?? createLog(config.log, process.stderr);
  let isDraining = false;

  assertStartable(config);
  const members = new Members();
  const hub: HubRef = { send: (event) => node.hub.send(event) };
  const messages = openMessages(config, { clock, log, registry: members, hub });
  const node = createNode(config, {
    offlineMessages: messages.offlineMessages,
    clock,
    random,
    log,
    version: packageJson.version,
    members,
    publish: (topic, frame) => server.publish(topic, frame),
    onFailure: options.onFailure ?? rethrow,
    replace: options.replace ?? {},
  });
  const sweeper = startSweeping(node, clock, () => messages.sweep());
  const operations = createOperations({ ...node, queue: messages.queue });
  const listeners = createListeners(config, {
    operations,
    messages,
    clock,
    random,
    log,
    node,
    version: packageJson.version,
    isDraining: () => isDraining,
    ...sweeper,
  });
  const shared = {
    // The API alone takes bodies, and refuses those over its limit in words; what is far over it the runtime cuts off.
    maxRequestBodySize: Math.max(config.http_api.body_size_limit, 16_777_216),
    ...tlsOptions(config.http_server.tls),
    error: (error: Error) => failed(error, log),
  };
  const serve = (hostname: string, port: number) => ({ ...shared, hostname, port });

  const listenTo = () => {
    const { address, port, internal_address, internal_port } = config.http_server;
    const outer: Server<BunSocket> = Bun.serve<BunSocket>({
      ...serve(address, port),
      fetch: (request, self) => listeners.respond(request, self),
      websocket: listeners.handlers,
    });
    if (internal_port === null) return { server: outer, inside: null };
    const inside = Bun.serve<BunSocket>({
      ...serve(internal_address || address, internal_port),
      fetch: (request, self) => listeners.respondInside(request, self),
      websocket: listeners.handlers,
    });
    return { server: outer, inside };
  };
  const close = async () => {
    sweeper.stop();
    await node.broker.close();
    messages.close();
  };
  const { server, inside } = attempt(listenTo, close);

  const drain = async () => {
    isDraining = true;
    log.info("server.draining", { connections: listeners.admission.connections });
    node.hub.send({ type: "hub.drain" });
    const { cut } = await toPromise(node.hub);
    await close();
    await Promise.all([server.stop(true), inside?.stop(true)]);
    log.info("server.stopped", { cut });
    return { cut };
  };
  let stopped: ReturnType<RunningServer["stop"]> | null = null;
  const stop = () => {
    stopped ??= drain();
    return stopped;
  };
  const url = server.url.origin;
  tellStart(log, url, options.warnings ?? []);
  const inProcess = createInProcess(operations, { clock, hub: node.hub });
  return { url, internalUrl: inside?.url.origin ?? null, stop, node, ...inProcess };
}

/** The first line of the log is this one: whoever starts a server waits for it, and reads where it is. */
function tellStart(log: Log, url: string, warnings: readonly string[]): void {
  log.info("server.started", { url, version: packageJson.version, bun: Bun.version });
  for (const line of warnings) log.warn("config.warning", { line });
}

/** What can wait is done about every five seconds. */
const sweepsPerSeldom = 100;

/** The one timer of the server: deadlines, slow clients, and how late it was itself. */
function startSweeping(node: Node, clock: Clock, seldom: () => void) {
  let lag = 0;
  let sweeps = 0;
  let expected = clock.monotonic() + deadlineResolution;
  const timer = setInterval(() => {
    const now = clock.monotonic();
    lag = Math.max(0, now - expected) / 1000;
    expected = now + deadlineResolution;
    node.sweep();
    sweeps += 1;
    if (sweeps % sweepsPerSeldom === 0) seldom();
  }, deadlineResolution);
  return { loopLag: () => lag, stop: () => clearInterval(timer) };
}

function assertStartable(config: Config): void {
  const missing = missingFiles(config);
  if (missing.length > 0) throw new ConfigError(missing);
  assertFree(config.http_server);
}

function failed(error: Error, log: Log): Response {
  log.error("request.failed", { error: `${error.name}: ${error.message}` });
  return answer(500, "Internal server error.");
}

/** Does something, or cleans up and says why not: what does not start must not keep the process alive. */
function attempt<Result>(run: () => Result, cleanUp: () => unknown): Result {
  try {
    return run();
  } catch (error) {
    cleanUp();
    throw error;
  }
}

function rethrow(error: unknown): never {
  throw error;
}
