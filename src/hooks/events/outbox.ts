import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Random } from "../../core/random.ts";
import { type Dropped, dropOld, dropOldest, total } from "./drops.ts";
import type { EventFields } from "./event.ts";
import { type EventRow, openOutboxFile } from "./file.ts";

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

/** Events that are kept in memory while the file fails; over it the oldest are dropped. */
const keptMax = 10_000;

/**
 * Events that back ends have not acknowledged, in a file. Those of a turn are committed together, and those that follow
 * within an interval: after a crash `node_started` announces the loss.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #ports: OutboxPorts;
  readonly #file: ReturnType<typeof openOutboxFile>;
  readonly #committed: () => void;
  #buffer: (readonly [route: string, time: number, event: string])[] = [];
  #cancelCommit: (() => void) | null = null;
  #committedAt = Number.NEGATIVE_INFINITY;
  #numbers = 0;
  /** This run is the one that the file names. */
  #isNoted = false;
  /** What the ids of these events begin with: the id of the run, where the run opens its outbox for the first time. */
  #series: string;
  /** Events in the file. */
  #waiting = new Map<string, number>();
  /** Losses that are not in the file yet. */
  readonly #losses = new Map<string, number>();
  /** The file was damaged when it was opened: what was in it is lost. */
  readonly wasDamaged: boolean;
  /** Commits of events. */
  commits = 0;
  lost = 0;

  /** `committed` is called when there is something to send. Throws where the file cannot be had. */
  constructor(options: OutboxOptions, ports: OutboxPorts, committed: () => void) {
    this.#options = options;
    this.#ports = ports;
    this.#committed = committed;
    this.#series = ports.node;
    let replacements = 0;
    this.#file = openOutboxFile(options.path, ports, () => {
      replacements += 1;
      this.#isNoted = false;
      this.#loseAll();
    });
    this.wasDamaged = replacements > 0;
    const counts = this.#file.attempt((statements) => statements.counts.all(), []);
    this.#waiting = new Map(counts.map(({ route, n }) => [route, n]));
  }

  /** Events that wait in the file. */
  get waiting(): number {
    return sum(this.#waiting);
  }

  /**
   * The id of the run before, "" where there was none. This run is noted with the first commit, which announces that
   * one.
   */
  begin(): string {
    const previous = this.#file.attempt(({ run }) => run.get()?.id ?? "", "");
    if (previous === this.#ports.node) this.#series = this.#ports.random.uuid();
    return previous;
  }

  add(route: string, { type, ...fields }: EventFields): void {
    const time = Math.floor(this.#ports.clock.wall());
    const { node } = this.#ports;
    this.#numbers += 1;
    this.#buffer.push([
      route,
      time,
      JSON.stringify({ id: `${this.#series}:${this.#numbers}`, type, time, node, ...fields }),
    ]);
    if (this.#buffer.length >= bufferMax) this.flush();
    else this.#plan();
  }

  /** Commits what was added. */
  flush(): void {
    this.#cancelCommit?.();
    this.#cancelCommit = null;
    const added = this.#buffer;
    if (added.length === 0) return;
    this.#buffer = [];
    this.commits += 1;
    this.#committedAt = this.#ports.clock.monotonic();
    const dropped = this.#file.attempt((statements) => {
      if (!this.#isNoted) {
        statements.forgetRun.run();
        statements.noteRun.run(this.#ports.node);
      }
      for (const [route, count] of this.#losses) statements.addLost.run(route, count);
      for (const [route, time, event] of added) statements.insert.run(route, time, event);
      const old = dropOld(statements, this.#oldest());
      return [...old, ...dropOldest(statements, this.waiting + added.length - total(old) - this.#options.size)];
    }, null);
    if (dropped === null) {
      this.#keep(added);
      return;
    }
    this.#isNoted = true;
    this.#losses.clear();
    for (const [route] of added) count(this.#waiting, route, 1);
    this.#dropped(dropped);
    this.#committed();
  }

  /** What waits for these routes, in the order in which it happened; null where the file fails. */
  first(routes: readonly string[], limit: number): Batch[] | null {
    const found = this.#file.attempt((statements) => {
      const dropped = dropOld(statements, this.#oldest());
      const batches = routes.map((route) => ({
        route,
        rows: statements.first.all(route, limit),
        // Less than none: these were acknowledged, and their loss is not in the file yet.
        lost: Math.max(0, statements.lost.get(route)?.count ?? 0),
      }));
      return { dropped, batches };
    }, null);
    this.#dropped(found?.dropped ?? []);
    return found?.batches ?? null;
  }

  /**
   * The back end has acknowledged these rows, and that so many before them were lost. False where that cannot be noted:
   * they will be sent again.
   */
  acknowledge(batches: readonly Batch[]): boolean {
    const removed = this.#file.attempt(
      (statements) =>
        batches.map(({ route, rows, lost }) => {
          const last = rows.at(-1);
          const n = last ? statements.remove.run(route, last.id).changes : 0;
          // Those that were dropped meanwhile have arrived, and were counted as lost.
          const counted = lost + rows.length - n;
          if (counted > 0) statements.addLost.run(route, -counted);
          return { route, n };
        }),
      null,
    );
    for (const { route, n } of removed ?? []) count(this.#waiting, route, -n);
    return removed !== null;
  }

  close(): void {
    this.flush();
    if (this.#buffer.length > 0) this.#lose(this.#buffer.splice(0));
    this.#cancelCommit?.();
    this.#file.close();
  }

  /** The first event after an interval without a commit is committed when its turn has ended. */
  #plan(): void {
    const wait = this.#committedAt + this.#options.batch_interval - this.#ports.clock.monotonic();
    this.#cancelCommit ??= this.#ports.after(Math.max(0, wait), () => this.flush());
  }

  #oldest(): number {
    return Math.floor(this.#ports.clock.wall() - this.#options.retry_max_age);
  }

  /** The file fails: the changes are tried again. */
  #keep(added: readonly (readonly [route: string, time: number, event: string])[]): void {
    const over = Math.max(0, added.length - keptMax);
    if (over > 0) this.#lose(added.slice(0, over));
    this.#buffer = added.slice(over);
    this.#plan();
  }

  /** The file is gone, with all that waited in it. */
  #loseAll(): void {
    const gone = this.#waiting;
    if (sum(gone) === 0) return;
    this.#waiting = new Map();
    for (const [route, n] of gone) count(this.#losses, route, n);
    this.#report(sum(gone));
  }

  #lose(added: readonly (readonly [route: string, time: number, event: string])[]): void {
    for (const [route] of added) count(this.#losses, route, 1);
    this.#report(added.length);
  }

  #dropped(dropped: readonly Dropped[]): void {
    for (const { route, n } of dropped) count(this.#waiting, route, -n);
    this.#report(total(dropped));
  }

  #report(lost: number): void {
    if (lost === 0) return;
    this.lost += lost;
    this.#ports.log.warn("events.dropped", { count: lost, waiting: this.waiting });
  }
}

function count(counts: Map<string, number>, route: string, n: number): void {
  counts.set(route, (counts.get(route) ?? 0) + n);
}

function sum(counts: ReadonlyMap<string, number>): number {
  let all = 0;
  for (const n of counts.values()) all += n;
  return all;
}
