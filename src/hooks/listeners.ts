import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import { RatedLog } from "../core/rated-log.ts";
import { describeFault } from "./fault.ts";
import { blockedMax } from "./limits.ts";
import { countDuration, createStatistics, type HookStatistics } from "./statistics.ts";

/** What running listeners needs. */
export interface ListenerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Runs handlers that are notified and decide nothing. Nothing waits for them, so they have no timeout; a fault is
 * counted and logged with an id.
 */
export class Listeners {
  readonly #ports: ListenerPorts;
  readonly #faults: RatedLog;
  readonly #blocks: RatedLog;
  readonly #statistics = new Map<string, HookStatistics>();

  constructor(ports: ListenerPorts) {
    this.#ports = ports;
    this.#faults = new RatedLog("hook.failed", { ...ports, level: "error" });
    this.#blocks = new RatedLog("hook.blocked", { ...ports, level: "warn" });
  }

  /** What was counted, by kind and name. */
  statistics(): HookStatistics[] {
    return [...this.#statistics.values()];
  }

  run(kind: string, name: string, handle: () => unknown): void {
    const statistics = this.#statisticsOf(kind, name);
    const startedAt = this.#ports.clock.monotonic();
    statistics.calls += 1;
    statistics.inFlight += 1;
    const ended = () => {
      statistics.inFlight -= 1;
      countDuration(statistics, (this.#ports.clock.monotonic() - startedAt) / 1000);
    };
    const failed = (error: unknown) => {
      ended();
      this.#failed(statistics, error);
    };
    try {
      const result = handle();
      this.#lookAtTime(statistics, startedAt);
      if (result instanceof Promise) result.then(ended, failed);
      else ended();
    } catch (error) {
      failed(error);
    }
  }

  #lookAtTime(statistics: HookStatistics, startedAt: number): void {
    const held = this.#ports.clock.monotonic() - startedAt;
    if (held <= blockedMax) return;
    statistics.blocked += 1;
    const { kind, name } = statistics;
    this.#blocks.add(`${kind} ${name}`, () => ({ hook: kind, name, milliseconds: Math.round(held) }));
  }

  #failed(statistics: HookStatistics, error: unknown): void {
    statistics.errors += 1;
    const { kind, name } = statistics;
    const id = this.#ports.random.uuid();
    this.#faults.add(`${kind} ${name}`, () => ({ hook: kind, name, id, error: describeFault(error) }));
  }

  #statisticsOf(kind: string, name: string): HookStatistics {
    const key = `${kind} ${name}`;
    const known = this.#statistics.get(key);
    if (known) return known;
    const statistics = createStatistics(kind, name);
    this.#statistics.set(key, statistics);
    return statistics;
  }
}
