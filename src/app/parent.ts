import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { EngineServer } from "../broker/parent/server.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../core/log.ts";
import { milliseconds } from "../core/time.ts";
import { BusRelay } from "../processes/bus.ts";
import type { Ready } from "../processes/messages.ts";
import { Supervisor } from "../processes/supervisor.ts";
import { systemNetwork } from "../runtime/network.ts";
import { processors, startOwnProgram } from "../runtime/own-process.ts";
import { systemClock, systemRandom, systemTimers } from "../runtime/system.ts";
import { listenUnix } from "../runtime/unix-socket.ts";
import { openLocal } from "./broker.ts";
import { assertFree } from "./start-checks.ts";

/** How many processes a node has. */
export function processesOf({ node }: Config): number {
  return node.processes === "auto" ? processors() : node.processes;
}

/** What the parent process is given. */
export interface ParentParts {
  readonly log: Log;
  readonly profile: "file" | "development";
}

/** The word that a worker is started with; the path of the socket and its id follow. */
export const workerWord = "worker";

/** Milliseconds between two looks at the calls of workers that wait. */
const sweepMs = 100;

/** A node of several processes that runs. */
export interface RunningNode {
  readonly url: string;
  /** Logs the workers, after the line that says where they listen. */
  tellWorkers(): void;
  stop(): Promise<{ readonly cut: number }>;
}

/**
 * Starts the workers of a node, and serves them. Null: a worker did not start, and has said why.
 *
 * @throws where an address cannot be listened at, or a file cannot be opened
 */
export async function startParent(config: Config, { log, profile }: ParentParts): Promise<RunningNode | null> {
  const count = processesOf(config);
  assertFree(config.http_server, systemNetwork);
  const ports = { clock: systemClock, random: systemRandom, timers: systemTimers, log, replace: {}, application: null };
  const engine: EngineServer = new EngineServer((events) => openLocal(config, ports, events, () => engine.replaced()));
  const relay = new BusRelay();
  // Made with 0700: only this user connects.
  const folder = mkdtempSync(join(tmpdir(), "chorus-node-"));
  const path = join(folder, "workers.sock");
  let port = config.http_server.port;
  let internalPort = config.http_server.internal_port;
  const supervisor = new Supervisor({
    ...ports,
    schedule: queueMicrotask,
    version: packageJson.version,
    start: (id, ended) => startOwnProgram([workerWord, path, id], ended),
    welcome: ({ number }) => {
      const http_server = { ...config.http_server, port, internal_port: internalPort };
      return { worker: number, workers: count, profile, config: { ...config, http_server } };
    },
    joined: (_, link) => {
      engine.serve(link);
      relay.serve(link);
    },
    left: (_, link) => {
      engine.forget(link);
      relay.forget(link);
    },
    stopTimeout: () => config.shutdown.timeout + 5_000,
  });
  const listener = listenUnix(path, (socket) => {
    const link = supervisor.accept(socket);
    return {
      received: (bytes) => link.received(bytes),
      drained: () => link.drained(),
      closed: () => link.end("closed"),
    };
  });
  const timers = [
    systemTimers.setInterval(() => supervisor.sweep(), milliseconds(sweepMs)),
    systemTimers.setInterval(() => {
      supervisor.tick();
      engine.broker.sweep();
    }, milliseconds(1_000)),
  ];
  const close = async () => {
    for (const timer of timers) timer.cancel();
    listener.stop();
    await engine.broker.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const learn = (ready: Ready) => {
    port = ready.port ?? port;
    internalPort = ready.internalPort ?? internalPort;
  };
  const first = await supervisor.start(count, learn);
  if (first === null) {
    supervisor.kill();
    await close();
    return null;
  }
  return {
    url: first.url,
    tellWorkers: () => supervisor.tellStarted(),
    stop: async () => {
      log.info("server.draining", { workers: supervisor.current.length });
      const stopped = await supervisor.stop();
      await close();
      log.info("server.stopped", { cut: stopped.cut });
      return stopped;
    },
  };
}
