import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Random } from "../../core/random.ts";
import type { EventFields } from "./event.ts";
import { type EventRow, type EventStatements, OutboxFile } from "./file.ts";

/** `event_outbox`. Times are in milliseconds. */
export interface OutboxOptions {
  readonly path: string;
  /** Events that may wait; over it the oldest are dropped. */
  readonly size: number;
  readonly batch_interval: number;
  /** Events that are older are dropped. */
  readonly retry_max_age: number;
}

/** What an outbox needs of the server. */
export interface OutboxPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The id of this run. */
  readonly node: string;
  /** Runs a task after so many milliseconds; what it returns cancels that. */
  after(delay: number, run: () => void): () => void;
}

/** What waits for a route, oldest first, and how many events before it were lost. */
export interface Batch {
  readonly route: string;
  readonly rows: readonly EventRow[];
  readonly lost: number;
}

/** Events in memory that are not committed; more are committed at once. */
const bufferMax = 20_000;

/**
 * Events that back ends have not acknowledged, in a file. Those of an interval are committed together: what a crash takes
 * is what `node_started` tells of.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #ports: OutboxPorts;
  readonly #file: OutboxFile;
  readonly #committed: () => void;
  #buffer: (readonly [route: string, time: number, event: string])[] = [];
  #cancelCommit: (() => void) | null = null;
  #numbers = 0;
  /** Commits of events that were told. */
  commits = 0;
  /** Events that wait in the file. */
  waiting = 0;
  lost = 0;

  /** `committed` is called when there is something to send. Throws where the file cannot be had. */
  constructor(options: OutboxOptions, ports: OutboxPorts, committed: () => void) {
    this.#options = options;
    this.#ports = ports;
    this.#committed = committed;
    this.#file = new OutboxFile(options.path, ports);
    this.waiting = this.#file.transact(({ count }) => count.get()?.n ?? 0) ?? 0;
  }

  /** Notes this run; the id of the run before, "" where there was none. */
  begin(): string {
    const { node } = this.#ports;
    const previous = this.#file.transact(({ run, forgetRun, noteRun }) => {
      const id = run.get()?.id ?? "";
      forgetRun.run();
      noteRun.run(node);
      return id;
    });
    return previous ?? "";
  }

  add(route: string, { type, ...fields }: EventFields): void {
    const time = Math.floor(this.#ports.clock.wall());
    const { node } = this.#ports;
    this.#numbers += 1;
    this.#buffer.push([route, time, JSON.stringify({ id: `${node}:${this.#numbers}`, type, time, node, ...fields })]);
    if (this.#buffer.length >= bufferMax) this.flush();
    else this.#cancelCommit ??= this.#ports.after(this.#options.batch_interval, () => this.flush());
  }

  /** Commits what was added. */
  flush(): void {
    this.#cancelCommit?.();
    this.#cancelCommit = null;
    const added = this.#buffer;
    if (added.length === 0) return;
    this.#buffer = [];
    this.commits += 1;
    const dropped = this.#file.transact((statements) => {
      for (const [route, time, event] of added) statements.insert.run(route, time, event);
      const old = dropOld(statements, this.#ports.clock.wall() - this.#options.retry_max_age);
      const over = dropOldest(statements, this.waiting + added.length - old - this.#options.size);
      return old + over;
    });
    this.waiting += dropped === null ? 0 : added.length - dropped;
    this.#drop(dropped ?? added.length);
    this.#committed();
  }

  /** What waits for these routes, in the order in which it happened. */
  first(routes: readonly string[], limit: number): Batch[] {
    const batches = this.#file.transact((statements) =>
      routes.map((route) => ({
        route,
        rows: statements.first.all(route, limit),
        lost: statements.lost.get(route)?.count ?? 0,
      })),
    );
    return batches ?? [];
  }

  /** The back end has acknowledged these rows, and that so many before them were lost. */
  acknowledge(batches: readonly Batch[]): void {
    const removed = this.#file.transact((statements) => {
      let count = 0;
      for (const { route, rows, lost } of batches) {
        const last = rows.at(-1);
        if (last) count += statements.remove.run(route, last.id).changes;
        if (lost > 0) statements.addLost.run(route, -lost);
      }
      return count;
    });
    this.waiting -= removed ?? 0;
  }

  close(): void {
    this.flush();
    this.#file.close();
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.lost += count;
    this.#ports.log.warn("events.dropped", { count, waiting: this.waiting });
  }
}

function dropOldest({ oldest, removeOldest, addLost }: EventStatements, count: number): number {
  if (count <= 0) return 0;
  for (const { route, n } of oldest.all(count)) addLost.run(route, n);
  removeOldest.run(count);
  return count;
}

function dropOld({ old, removeOld, addLost }: EventStatements, time: number): number {
  const found = old.all(Math.floor(time));
  for (const { route, n } of found) addLost.run(route, n);
  if (found.length > 0) removeOld.run(Math.floor(time));
  return found.reduce((sum, { n }) => sum + n, 0);
}
