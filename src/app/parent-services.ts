import packageJson from "../../package.json" with { type: "json" };
import { EngineServer } from "../broker/parent/server.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../core/log.ts";
import type { PresencePush } from "../core/reply.ts";
import { milliseconds } from "../core/time.ts";
import type { EventHooks } from "../hooks/events/event-hooks.ts";
import { createMemoryPresence } from "../presence/memory.ts";
import { createPresenceEvents } from "../presence/presence-events.ts";
import { BusRelay } from "../processes/bus.ts";
import { EventRelay } from "../processes/events.ts";
import type { Link } from "../processes/link.ts";
import { PresenceRelay } from "../processes/presence.ts";
import { UserRelay } from "../processes/users.ts";
import { openFiles, openFilesMax } from "../runtime/open-files.ts";
import { stderr } from "../runtime/stderr.ts";
import { systemClock, systemRandom, systemTimers } from "../runtime/system.ts";
import { attempt } from "./attempt.ts";
import { openLocal } from "./broker.ts";
import { createEventHooks } from "./http-hooks.ts";
import { createConfiguredRules } from "./node.ts";
import { ParentMessages } from "./parent-messages.ts";
import { createParentMetrics, NodeMetrics } from "./parent-metrics.ts";

/** Milliseconds in which workers answer with their metrics. */
const metricsMs = 1_000;

/** A worker that can be asked. */
interface LinkedWorker {
  readonly number: number;
  readonly link: Link;
}

/** A part of the parent that workers use over their links. */
interface WorkerService {
  serve(link: Link): void;
  forget(link: Link): void;
}

/** What the workers of a node share, in their parent process. */
export class ParentServices {
  readonly #engine: EngineServer;
  readonly #log: Log;
  #config: Config;
  /** What this run of the node is called. */
  readonly node = systemRandom.uuid();
  readonly #messages: ParentMessages;
  #events: EventHooks | null;
  readonly #services: readonly WorkerService[];
  #seconds = 0;

  /** @throws where a file cannot be opened */
  constructor(config: Config, log: Log, workers: () => readonly LinkedWorker[]) {
    this.#config = config;
    this.#log = log;
    const ports = {
      clock: systemClock,
      random: systemRandom,
      timers: systemTimers,
      log,
      replace: {},
      application: null,
    };
    this.#engine = new EngineServer((events) => openLocal(config, ports, events, () => this.#engine.replaced()));
    this.#messages = attempt(
      () => new ParentMessages(config, ports),
      () => this.#engine.broker.close(),
    );
    this.#events = attempt(
      () => openEvents(config, this.node, log),
      () => {
        this.#messages.close();
        return this.#engine.broker.close();
      },
    );
    const presence = createMemoryPresence();
    const announce = (push: PresencePush) => this.#engine.announce(push);
    const own = createParentMetrics({
      hooks: () => this.#events?.statistics() ?? [],
      version: packageJson.version,
      commits: () => this.#engine.broker.counts,
      pushFailures: () => this.#messages.failures,
      pushEntriesLost: () => this.#messages.entriesLost,
      logLinesDropped: () => stderr.dropped,
      openFiles,
      openFilesLimit: openFilesMax,
    });
    this.#services = [
      this.#engine,
      new BusRelay(),
      this.#messages,
      new EventRelay(() => this.#events, systemClock),
      new PresenceRelay(presence, createPresenceEvents({ presence, announce, after: later })),
      new UserRelay(
        () => this.#config.client.user_connection_limit,
        () => this.#engine.channels,
      ),
      new NodeMetrics(own, { workers, wait: () => after(metricsMs) }),
    ];
  }

  /** Serves a worker until `forget`. */
  serve(link: Link): void {
    for (const service of this.#services) service.serve(link);
  }

  /** The worker has gone. */
  forget(link: Link): void {
    for (const service of this.#services) service.forget(link);
  }

  /** Takes over what a configuration says of what the parent keeps. */
  reload(config: Config): void {
    this.#config = config;
    this.#messages.reload(config);
    this.#events?.close();
    this.#events = openEvents(config, this.node, this.#log);
  }

  /** To be called each second. */
  second(): void {
    this.#engine.broker.sweep();
    this.#seconds += 1;
    if (this.#seconds % 5 === 0) this.#messages.sweep();
  }

  async close(): Promise<void> {
    await this.#engine.broker.close();
    await this.#events?.finish();
    this.#events?.close();
    this.#messages.close();
  }
}

function after(delay: number): Promise<void> {
  return new Promise((resolve) => void systemTimers.setTimeout(resolve, milliseconds(delay)));
}

/** The events of a configuration; @throws where the file of the outbox cannot be had */
function openEvents(config: Config, node: string, log: Log): EventHooks | null {
  const rules = createConfiguredRules(config, { application: null });
  return createEventHooks(config, { clock: systemClock, random: systemRandom, log, node, after: later, rules });
}

/** Runs something after as many milliseconds; the answer takes it back. */
function later(delay: number, run: () => void): () => void {
  const timer = systemTimers.setTimeout(run, milliseconds(delay));
  return () => timer.cancel();
}
