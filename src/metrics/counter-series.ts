import type { Counters } from "./counters.ts";
import type { NamespaceCounts } from "./counters-by-namespace.ts";
import type { CommitCounts, Gauges } from "./gauges.ts";
import type { LabelledSample, Series } from "./series.ts";

/** The series of what is counted since the start. */
export function counterSeries(counters: Counters, gauges: Gauges): Series[] {
  return [
    ...connectionSeries(counters),
    ...publicationSeries(counters),
    ...apiSeries(counters, gauges),
    ...storeSeries(gauges),
    ...faultSeries(counters, gauges),
  ];
}

function connectionSeries(counters: Counters): Series[] {
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
  ];
}

function publicationSeries(counters: Counters): Series[] {
  return [
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
  ];
}

function apiSeries(counters: Counters, gauges: Gauges): Series[] {
  return [
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
  ];
}

function storeSeries({ commits }: Gauges): Series[] {
  return [
    { name: "store_commits_total", help: "Groups committed to the store.", read: () => commits().commits },
    { name: "store_committed_total", help: "Publications in them.", read: () => commits().committed },
    { name: "store_commits_failed_total", help: "Groups refused.", read: () => commits().failedCommits },
    { name: "store_commits_slow_total", help: "Commits over 100 ms.", read: () => commits().slowCommits },
    {
      name: "store_refused_total",
      help: "Publications and streams refused: over a share, over a bound, or for want of room for a key.",
      label: "reason",
      read: () => refusals(commits()),
    },
    {
      name: "poisoned_total",
      help: "Publications that could not be handed on.",
      read: () => commits().poisoned,
    },
  ];
}

function faultSeries(counters: Counters, { logLinesDropped }: Gauges): Series[] {
  return [
    {
      name: "clock_jumps_total",
      help: "Jumps of the wall clock by more than 60 seconds.",
      read: () => counters.clockJumps,
    },
    { name: "log_lines_dropped_total", help: "Lines of the log that were not written.", read: logLinesDropped },
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

function namespaceSamples({ namespaces }: Counters, count: keyof NamespaceCounts): LabelledSample[] {
  return [...namespaces.entries()].map(([namespace, counts]) => ({ labels: { namespace }, value: counts[count] }));
}

function publishSamples({ publishes }: Counters): LabelledSample[] {
  return Object.entries(publishes).flatMap(([source, counts]) =>
    Object.entries(counts).map(([outcome, value]) => ({ labels: { source, outcome }, value })),
  );
}
