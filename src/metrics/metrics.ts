import { Registry } from "prom-client";
import type { Counters } from "./counters.ts";
import type { NamespaceCounts } from "./counters-by-namespace.ts";
import { type EngineMetrics, engineSeries } from "./engine.ts";
import { durationsText, type HookMetrics, hookSeries } from "./hooks.ts";
import { processSeries } from "./process.ts";
import { addCounter, addGauge, histogramText, type LabelledSample, type Series } from "./series.ts";

/** What is asked only when somebody scrapes. */
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
interface CommitCounts {
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

/**
 * Renders what was counted in Prometheus' text format. Nothing is kept here between scrapes: the counters are plain
 * numbers elsewhere, and each series reads its own when it is asked. Labels are codes and reasons from our own tables,
 * never users or channels, so the number of series is bounded.
 */
export function createMetrics(counters: Counters, gauges: Gauges) {
  const registry = new Registry();
  for (const series of counterSeries(counters, gauges)) addCounter(registry, named(series));
  for (const series of gaugeSeries(gauges)) addGauge(registry, named(series));
  for (const series of processSeries(gauges)) {
    if (series.name.endsWith("_total")) addCounter(registry, series);
    else addGauge(registry, series);
  }
  for (const series of [...hookSeries(gauges.hooks), ...engineSeries(gauges.engine)]) {
    if (series.name.endsWith("_total")) addCounter(registry, series);
    else addGauge(registry, series);
  }
  const histograms = () => [
    histogramText("chorus_publish_duration_seconds", publishHelp, counters.publishDurations),
    histogramText("chorus_delivery_duration_seconds", deliveryHelp, counters.deliveryDurations),
    histogramText("chorus_engine_duration_seconds", engineHelp, counters.engineDurations),
    durationsText(gauges.hooks),
  ];
  return {
    contentType: registry.contentType,
    render: async () => [await registry.metrics(), ...histograms()].join("\n"),
  };
}

const engineHelp = "Time from a call of the engine that nodes share to its answer.";
const publishHelp = "From a publish to its outcome, where the caller is told of it.";
const deliveryHelp = "From a publication of the broker to its frames at the runtime; one in 64.";

function named(series: Series): Series {
  return { ...series, name: `chorus_${series.name}` };
}

function counterSeries(counters: Counters, gauges: Gauges): Series[] {
  return [
    { name: "connections_accepted_total", help: "Connections that were upgraded.", read: () => counters.accepted },
    { name: "connections_refused_total", help: "Refused upgrades.", label: "reason", read: () => counters.refused },
    { name: "connections_closed_total", help: "Ended connections.", label: "code", read: () => counters.closed },
    { name: "connections_slow_total", help: "Connections ended for being slow.", read: () => counters.slow },
    { name: "actor_crashes_total", help: "Connections that threw.", read: () => counters.crashes },
    { name: "frames_received_total", help: "Frames from clients.", read: () => counters.framesIn },
    { name: "bytes_received_total", help: "Bytes in frames from clients.", read: () => counters.bytesIn },
    { name: "frames_sent_total", help: "Frames to clients.", read: () => counters.framesOut },
    { name: "bytes_sent_total", help: "Bytes in frames to clients.", read: () => counters.bytesOut },
    { name: "publications_total", help: "Publications handed on.", read: () => counters.publications },
    {
      name: "publishes_total",
      help: "Publications that were asked for, by source and outcome.",
      label: ["source", "outcome"],
      read: () => publishSamples(counters),
    },
    {
      name: "broker_failures_total",
      help: "Throws of the broker: each is a defect.",
      label: "operation",
      read: () => counters.brokerFailures,
    },
    { name: "deliveries_total", help: "Copies of publications to clients.", read: () => counters.deliveries },
    { name: "limited_total", help: "Frames and commands over their rate.", read: () => counters.limited },
    {
      name: "dropped_total",
      help: "Frames of plain clients that were not published.",
      label: "reason",
      read: () => counters.dropped,
    },
    {
      name: "command_errors_total",
      help: "Error replies to commands of clients.",
      label: "code",
      read: () => counters.commandErrors,
    },
    {
      name: "recoveries_total",
      help: "Subscriptions from a position: recovered, not_recovered, or failed for want of the broker.",
      label: "outcome",
      read: () => counters.recoveries,
    },
    {
      name: "namespace_publications_total",
      help: "Publications handed on, by namespace.",
      label: "namespace",
      read: () => namespaceSamples(counters, "publications"),
    },
    {
      name: "namespace_deliveries_total",
      help: "Copies of publications to clients, by namespace.",
      label: "namespace",
      read: () => namespaceSamples(counters, "deliveries"),
    },
    { name: "api_calls_total", help: "Calls of the API.", label: "method", read: () => counters.apiCalls },
    { name: "api_refused_total", help: "Refused API requests.", label: "status", read: () => counters.apiRefused },
    {
      name: "api_unknown_fields_total",
      help: "API calls with fields that their method ignores.",
      label: "method",
      read: () => counters.apiUnknownFields,
    },
    { name: "push_failures_total", help: "Failures of the push log's file.", read: gauges.pushFailures },
    { name: "push_entries_lost_total", help: "Entries of the push log lost.", read: gauges.pushEntriesLost },
    { name: "store_commits_total", help: "Groups committed to the store.", read: () => gauges.commits().commits },
    { name: "store_committed_total", help: "Publications in them.", read: () => gauges.commits().committed },
    { name: "store_commits_failed_total", help: "Groups refused.", read: () => gauges.commits().failedCommits },
    { name: "store_commits_slow_total", help: "Commits over 100 ms.", read: () => gauges.commits().slowCommits },
    {
      name: "store_refused_total",
      help: "Publications and streams refused: over a share, over a bound, or for want of room for a key.",
      label: "reason",
      read: () => refusals(gauges.commits()),
    },
    {
      name: "poisoned_total",
      help: "Publications that could not be handed on.",
      read: () => gauges.commits().poisoned,
    },
    {
      name: "clock_jumps_total",
      help: "Jumps of the wall clock by more than 60 seconds.",
      read: () => counters.clockJumps,
    },
    { name: "log_lines_dropped_total", help: "Lines of the log that were not written.", read: gauges.logLinesDropped },
    { name: "errors_total", help: "Errors that reached the last net.", read: () => counters.errors },
  ];
}

function refusals({ overShare, overBound, overKeys }: CommitCounts): ReadonlyMap<string, number> {
  return new Map([
    ["share", overShare],
    ["bound", overBound],
    ["keys", overKeys],
  ]);
}

function gaugeSeries(gauges: Gauges): Series[] {
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

function namespaceSamples({ namespaces }: Counters, count: keyof NamespaceCounts): LabelledSample[] {
  return [...namespaces.entries()].map(([namespace, counts]) => ({ labels: { namespace }, value: counts[count] }));
}

function publishSamples({ publishes }: Counters): LabelledSample[] {
  return Object.entries(publishes).flatMap(([source, counts]) =>
    Object.entries(counts).map(([outcome, value]) => ({ labels: { source, outcome }, value })),
  );
}
