import packageJson from "../../package.json" with { type: "json" };
import type { Config } from "../config/config.ts";
import type { Log } from "../core/log.ts";
import { milliseconds } from "../core/time.ts";
import type { Timer } from "../core/timers.ts";
import type { Ready } from "../processes/messages.ts";
import { Supervisor } from "../processes/supervisor.ts";
import type { AdjustableLog } from "../runtime/log.ts";
import { systemNetwork } from "../runtime/network.ts";
import { processors, startOwnProgram } from "../runtime/own-process.ts";
import { systemClock, systemTimers } from "../runtime/system.ts";
import { nodeName } from "./api.ts";
import { planReplacement } from "./parent-reload.ts";
import { ParentServices } from "./parent-services.ts";
import { assertFree, startProblems } from "./start-checks.ts";
import { WorkersSocket } from "./workers-socket.ts";

/** How many processes a node has. */
export function processesOf({ node }: Config): number {
  return node.processes === "auto" ? processors() : node.processes;
}

/** What the parent process is given. */
export interface ParentParts {
  readonly log: AdjustableLog;
  readonly profile: "file" | "development";
}

/** The word that a worker is started with; the path of the socket and its id follow. */
export const workerWord = "worker";

/** Milliseconds between two looks at the calls of workers that wait. */
const sweepMs = 100;

/** The parent process of a node: it has what the workers share, and starts, serves and replaces them. */
export class ParentProcess {
  #config: Config;
  /** The configuration that is applied after the replacement of workers that runs. */
  #next: Config | null = null;
  #isReplacing = false;
  readonly #parts: ParentParts;
  readonly #services: ParentServices;
  readonly #supervisor: Supervisor;
  readonly #socket: WorkersSocket;
  readonly #timers: readonly Timer[];
  #listens: Pick<Ready, "port" | "internalPort"> = { port: null, internalPort: null };

  /** @throws where an address cannot be listened at, or a file cannot be opened */
  constructor(config: Config, parts: ParentParts) {
    assertFree(config.http_server, systemNetwork);
    this.#config = config;
    this.#parts = parts;
    this.#services = new ParentServices(config, parts.log, () => this.#supervisor.linked);
    this.#supervisor = this.#createSupervisor();
    this.#socket = new WorkersSocket((socket) => {
      const link = this.#supervisor.accept(socket);
      return {
        received: (bytes) => link.received(bytes),
        drained: () => link.drained(),
        closed: () => link.end("closed"),
      };
    });
    this.#timers = [
      systemTimers.setInterval(() => this.#supervisor.sweep(), milliseconds(sweepMs)),
      systemTimers.setInterval(() => this.#second(), milliseconds(1_000)),
    ];
  }

  /** Starts the workers: where they listen, or null where one did not start, and has said why. */
  async start(): Promise<string | null> {
    const first = await this.#supervisor.start(processesOf(this.#config), (ready) => {
      this.#listens = ready;
    });
    if (first !== null) return first.url;
    this.#supervisor.kill();
    await this.#close();
    return null;
  }

  /** Logs the workers, after the line that says where they listen. */
  tellWorkers(): void {
    this.#supervisor.tellStarted();
  }

  /** Takes over a configuration, and logs what was taken over and what was not. One that would not start changes nothing. */
  reload(config: Config): void {
    const problems = startProblems(config);
    for (const line of problems) this.#log.error("reload.failed", { line });
    if (problems.length > 0) return;
    this.#next = config;
    if (!this.#isReplacing) void this.#replace();
  }

  async stop(): Promise<{ readonly cut: number }> {
    this.#log.info("server.draining", { workers: this.#supervisor.current.length });
    const stopped = await this.#supervisor.stop();
    await this.#close();
    this.#log.info("server.stopped", stopped);
    return stopped;
  }

  get #log(): Log {
    return this.#parts.log;
  }

  async #replace(): Promise<void> {
    this.#isReplacing = true;
    for (let next = this.#next; next !== null && !this.#supervisor.isStopping; next = this.#next) {
      this.#next = null;
      await this.#take(next).catch((error) => this.#log.error("reload.failed", { line: String(error) }));
    }
    this.#isReplacing = false;
  }

  async #take(next: Config): Promise<void> {
    const before = this.#config;
    const { config, applied, refused } = planReplacement(before, next);
    for (const { option, reason } of refused) this.#log.warn("reload.refused", { option, reason });
    this.#config = config;
    const numbers = Array.from({ length: processesOf(config) }, (_, index) => index + 1);
    const replaced = await this.#supervisor.replace(numbers);
    if (this.#supervisor.isStopping) return;
    if (replaced.length === numbers.length) {
      await this.#supervisor.keep(numbers.length);
      this.#services.reload(config);
      this.#parts.log.setLevel(config.log.level);
      this.#log.info("config.reloaded", { options: applied.join(" ") });
      return;
    }
    this.#log.error("reload.failed", { line: "a worker did not start with it: the configuration before it holds" });
    this.#config = before;
    const count = processesOf(before);
    await this.#supervisor.keep(count);
    await this.#supervisor.replace(replaced.filter((number) => number <= count));
  }

  #createSupervisor(): Supervisor {
    return new Supervisor({
      clock: systemClock,
      timers: systemTimers,
      log: this.#parts.log,
      schedule: queueMicrotask,
      version: packageJson.version,
      start: (id, ended) => startOwnProgram([workerWord, this.#socket.path(), id], ended),
      welcome: ({ number }) => {
        const config = this.#config;
        const { port, internalPort } = this.#listens;
        const http_server = {
          ...config.http_server,
          port: port ?? config.http_server.port,
          internal_port: internalPort ?? config.http_server.internal_port,
        };
        const workers = processesOf(config);
        return {
          worker: number,
          workers,
          node: this.#services.node,
          profile: this.#parts.profile,
          // The same name at all workers, also where the first one has found the port.
          config: { ...config, http_server, node: { ...config.node, name: nodeName(config) } },
        };
      },
      joined: (_, link) => this.#services.serve(link),
      left: (_, link) => this.#services.forget(link),
      stopTimeout: () => this.#config.shutdown.timeout + 10_000,
    });
  }

  #second(): void {
    this.#supervisor.tick();
    this.#services.second();
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await this.#services.close();
    this.#socket.close();
  }
}
