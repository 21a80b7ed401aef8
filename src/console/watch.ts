import type { Clock } from "../core/clock.ts";
import { milliseconds } from "../core/time.ts";
import { describeConnection } from "./connections.ts";
import { every } from "./every.ts";
import type { Others } from "./others.ts";
import type { ConsolePorts } from "./ports.ts";
import type { ConnectionUpdate, Ended, ShownConnection, TimelineEntry } from "./shown.ts";
import { watchConnection } from "./timeline.ts";

/** How long one connection is watched. */
const watchTime = milliseconds(60_000);
const flushInterval = milliseconds(250);
/** How often it is asked for a connection at another process. */
const lookInterval = milliseconds(1_000);
/** Flushes between two descriptions. */
const flushesPerFacts = 4;
/** Entries that wait for a flush; more are counted alone. */
const entriesMax = 200;

/** The one connection that is watched at most. */
export class ConnectionWatch {
  readonly #ports: ConsolePorts;
  /** Ends the watch that is under way. */
  #end: (why: "other") => void = () => {};

  readonly #others: Others;

  constructor(ports: ConsolePorts, others: Others) {
    this.#ports = ports;
    this.#others = others;
  }

  /**
   * Publishes what is known of a connection, and what happens to it, until the signal aborts, the time is over, or another
   * connection is watched.
   */
  watch(id: string, publish: (update: ConnectionUpdate) => void, signal: AbortSignal): void {
    const { members, hub, timers, clock } = this.#ports;
    const member = members.member(id);
    if (signal.aborted) return;
    if (!member) {
      void this.#watchElsewhere(id, publish, signal);
      return;
    }
    this.#end("other");
    const over = new AbortController();
    const pending = new PendingEntries(clock);
    const flush = (ended: Ended | null) =>
      publish({ ...pending.take(), ended, connection: describeConnection(this.#ports, member) });
    const release = watchConnection(hub, member, {
      happened: (entry) => pending.add(entry),
      moved: (state) => pending.add({ direction: "inside", type: "state", state }),
    });
    /** Null: its viewer has left. */
    const end = (why: Ended | null) => {
      if (over.signal.aborted) return;
      over.abort();
      limit.cancel();
      release();
      if (why !== null) flush(why);
    };
    this.#end = end;
    const limit = timers.setTimeout(() => end("time"), watchTime);
    signal.addEventListener("abort", () => end(null), { once: true });
    flush(null);
    let flushes = 0;
    every(timers, flushInterval, over.signal, () => {
      flushes += 1;
      if (members.member(id) === null) end("gone");
      else if (pending.size > 0 || flushes % flushesPerFacts === 0) flush(null);
    });
  }

  /** Publishes the state of a connection at another process each second, without what happens to it. */
  async #watchElsewhere(id: string, publish: (update: ConnectionUpdate) => void, signal: AbortSignal): Promise<void> {
    const { timers } = this.#ports;
    const look = async (): Promise<boolean> => {
      const [connection] = await this.#others.ask<ShownConnection>("connection", id);
      if (signal.aborted) return false;
      const ended = connection ? null : "gone";
      publish({ entries: [], missed: 0, ended, ...(connection && { connection }) });
      return connection !== undefined;
    };
    const over = new AbortController();
    signal.addEventListener("abort", () => over.abort(), { once: true });
    if (!(await look())) return;
    every(timers, lookInterval, over.signal, () => {
      void look().then((isThere) => {
        if (!isThere) over.abort();
      });
    });
  }
}

/** What has happened since the last flush; more than `entriesMax` are counted alone. */
class PendingEntries {
  readonly #clock: Pick<Clock, "wall">;
  #entries: (TimelineEntry & { readonly at: number })[] = [];
  #missed = 0;

  constructor(clock: Pick<Clock, "wall">) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.length;
  }

  add(entry: TimelineEntry): void {
    if (this.#entries.length < entriesMax) this.#entries.push({ at: this.#clock.wall(), ...entry });
    else this.#missed += 1;
  }

  take() {
    const taken = { entries: this.#entries, missed: this.#missed };
    this.#entries = [];
    this.#missed = 0;
    return taken;
  }
}
