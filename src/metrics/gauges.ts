import type { EngineMetrics } from "./engine.ts";
import type { HookMetrics } from "./hooks.ts";
import type { Series } from "./series.ts";

/** What is read only at a scrape. */
export interface Gauges {
  readonly version: string;
  /** Sockets that are open. */
  sockets(): number;
  /** Connections that the Hub owns, by protocol and state. */
  connections(): Iterable<{ dialect: string; state: string; count: number }>;
  /** Users with a connection. */
  users(): number;
  channels(): number;
  deadlines(): number;
  /** Sockets with something unsent. */
  stalled(): number;
  /** Seconds that the last sweep was late by. */
  loopLag(): number;
  /** Lines of the log that were not written. */
  logLinesDropped(): number;
  /** Files that the process has open, and may have open. */
  openFiles(): number;
  openFilesLimit(): number;
  /** How often the file of the push log and the queue failed, and entries of the log that were lost by it. */
  pushFailures(): number;
  pushEntriesLost(): number;
  /** What the store of the channels has done since the start. */
  commits(): CommitCounts;
  /** Options that leave a lock open, by path: 1 where one is on, 0 where it is off. */
  insecure(): ReadonlyMap<string, number>;
  readonly hooks: HookMetrics;
  /** The engine that several nodes share; null where this node is alone. */
  engine(): EngineMetrics | null;
}

/** The work of the store of the channels, in counts. */
export interface CommitCounts {
  /** Groups that were committed, and the publications in them. */
  readonly commits: number;
  readonly committed: number;
  readonly failedCommits: number;
  /** Commits that held up the whole process for longer than 100 ms. */
  readonly slowCommits: number;
  /** Refusals: over the share of an account, over a bound of the store, no room for an idempotency key. */
  readonly overShare: number;
  readonly overBound: number;
  readonly overKeys: number;
  /** Publications that could not be handed on, and answers that could not be given. */
  readonly poisoned: number;
}

/** The series of what is read at this moment. */
export function gaugeSeries(gauges: Gauges): Series[] {
  return [
    {
      name: "build_info",
      help: "The version of the server and of its runtime; always 1.",
      label: ["version", "bun"],
      read: () => [{ labels: { version: gauges.version, bun: Bun.version }, value: 1 }],
    },
    { name: "sockets", help: "Open sockets.", read: gauges.sockets },
    {
      name: "connections",
      help: "Connections that the Hub owns.",
      label: ["dialect", "state"],
      read: () =>
        [...gauges.connections()].map(({ dialect, state, count }) => ({
          labels: { dialect, state },
          value: count,
        })),
    },
    { name: "users", help: "Users with a connection.", read: gauges.users },
    { name: "channels", help: "Channels with a subscriber.", read: gauges.channels },
    { name: "deadlines", help: "Deadlines that are set.", read: gauges.deadlines },
    { name: "stalled", help: "Sockets with something unsent.", read: gauges.stalled },
    { name: "insecure", help: "Options that leave a lock open: 1 is open.", label: "option", read: gauges.insecure },
    { name: "event_loop_lag_seconds", help: "How late the last sweep was.", read: gauges.loopLag },
    { name: "open_files", help: "Open files of the process, sockets among them.", read: gauges.openFiles },
    { name: "open_files_limit", help: "Files that the process may have open.", read: gauges.openFilesLimit },
    { name: "resident_memory_bytes", help: "Memory of the process.", read: () => process.memoryUsage.rss() },
  ];
}
