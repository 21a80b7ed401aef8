import { rmSync } from "node:fs";
import { dirname } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import type { Config } from "../config/config.ts";
import { connectionLimitWithin } from "../config/connection-limit.ts";
import { milliseconds } from "../core/time.ts";
import { kinds } from "../processes/kinds.ts";
import { Link } from "../processes/link.ts";
import { drain, readJson, welcome, writeJson } from "../processes/messages.ts";
import { handshakeMs, heldBackMs, listeningSockets } from "../runtime/listening.ts";
import { createLog } from "../runtime/log.ts";
import { openFilesMax } from "../runtime/open-files.ts";
import { exitCodes, exitHubFailed, type Stoppable, surviveErrors, untilSignal } from "../runtime/process.ts";
import { stderr } from "../runtime/stderr.ts";
import { systemClock, systemTimers } from "../runtime/system.ts";
import { connectUnix, type UnixSocket } from "../runtime/unix-socket.ts";
import { slowOptions } from "./options.ts";
import { start } from "./start.ts";
import { whyNotStarted } from "./start-checks.ts";

/** Milliseconds between two looks at the calls of the parent that wait. */
const sweepMs = 100;

/** A worker process: what the parent has started with the path of its socket and the id of the worker. */
export async function runWorker([path = "", id = ""]: readonly string[]): Promise<never> {
  const link = await connect(path);
  const { promise, resolve } = Promise.withResolvers<Welcome>();
  link.call(kinds.hello, writeJson({ id, version: packageJson.version }), (answer) => {
    if (answer) resolve(readJson(answer, welcome) as Welcome);
    else link.end("the parent does not know this worker");
  });
  link.onCall(kinds.ping, (_, reply) => reply(() => {}));
  systemTimers.setInterval(() => link.sweep(), milliseconds(sweepMs));
  const { config, profile, worker, workers, node } = await promise;
  const log = createLog(config.log, stderr, { worker });
  const started = Promise.withResolvers<
    Stoppable & { stop(how?: { isReplaced: boolean }): Promise<{ cut: number }> }
  >();
  link.onTold(kinds.drain, async (body) => {
    const how = readJson(body, drain);
    const { cut } = await (await started.promise).stop(how);
    await told(link);
    process.exit(cut === 0 ? exitCodes.drained : exitCodes.forced);
  });
  const forever = untilSignal(started.promise, log, { reload: () => {} });
  const own = shareOf(config, workers);
  const outside = { log, setLogLevel: log.setLevel, profile, onFailure: exitHubFailed(log) };
  try {
    const server = start(own, { ...outside, parent: { link, node, leavePort } });
    started.resolve(server);
    surviveErrors(log, () => {
      server.node.counters.errors += 1;
    });
    link.tell(
      kinds.ready,
      writeJson({ url: server.url, port: portOf(server.url), internalPort: portOf(server.internalUrl) }),
    );
  } catch (error) {
    stderr.write(`${whyNotStarted(error, config)}\n`);
    process.exit(exitCodes.forced);
  }
  return await forever;
}

/** Milliseconds in which the parent takes the last messages of a worker. */
const tellMs = 1_000;

/** Resolves when the parent has the last messages, or does not take them. */
async function told(link: Link): Promise<void> {
  for (let waited = 0; link.queued > 0 && waited < tellMs; waited += 10) await after(10);
}

/** Milliseconds in which the requests of connections arrive that were accepted last. */
const requestMs = 500;

/** Stops listening; the other workers listen at the same port. */
async function leavePort(): Promise<void> {
  const sockets = listeningSockets();
  if (sockets === null) return;
  await after(heldBackMs);
  sockets.hold();
  await after(handshakeMs);
  while (!sockets.leave()) await new Promise<void>((resolve) => systemTimers.setImmediate(resolve));
  await after(requestMs);
}

/** What the parent says; it has checked the configuration. */
interface Welcome {
  readonly worker: number;
  readonly workers: number;
  readonly node: string;
  readonly profile: "file" | "development";
  readonly config: Config;
}

async function connect(path: string): Promise<Link> {
  const { promise, resolve } = Promise.withResolvers<Link>();
  const ended = () => {
    stderr.write(`${JSON.stringify({ level: "error", event: "parent.lost" })}\n`);
    // What the parent leaves behind where it was killed.
    rmSync(dirname(path), { recursive: true, force: true });
    process.exit(exitCodes.hubFailed);
  };
  const opened = (socket: UnixSocket) => {
    const link = new Link(socket, { clock: systemClock, schedule: queueMicrotask, ended });
    resolve(link);
    return {
      received: (bytes: Uint8Array) => link.received(bytes),
      drained: () => link.drained(),
      closed: () => link.end("closed"),
    };
  };
  // A parent that has stopped meanwhile listens no more.
  await connectUnix(path, opened).catch(ended);
  return await promise;
}

/** The configuration of one of so many workers: it has its share of what the node may have. */
function shareOf(config: Config, workers: number): Config {
  const { limit } = connectionLimitWithin(config.client.connection_limit, openFilesMax() * workers);
  const client = {
    ...config.client,
    connection_limit: Math.ceil(limit / workers),
    total_queue_max_size: Math.ceil(slowOptions(config).totalBytesMax / workers),
  };
  return { ...config, client };
}

function portOf(url: string | null): number | null {
  if (url === null || url === "") return null;
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

function after(delay: number): Promise<void> {
  return new Promise((resolve) => void systemTimers.setTimeout(resolve, milliseconds(delay)));
}
