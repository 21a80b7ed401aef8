import { expect, test } from "bun:test";
import { mergeMetrics } from "../../src/metrics/merge.ts";

const text = (accepted: number, lag: number, buckets: readonly [number, number]) =>
  [
    "# HELP chorus_accepted_total Connections.",
    "# TYPE chorus_accepted_total counter",
    `chorus_accepted_total ${accepted}`,
    "",
    "# HELP chorus_sockets Open sockets.",
    "# TYPE chorus_sockets gauge",
    `chorus_sockets ${accepted}`,
    "",
    "# HELP chorus_event_loop_lag_seconds Lag.",
    "# TYPE chorus_event_loop_lag_seconds gauge",
    `chorus_event_loop_lag_seconds ${lag}`,
    "",
    "# HELP chorus_build_info Build.",
    "# TYPE chorus_build_info gauge",
    'chorus_build_info{version="1 } 2",bun="1.4.5"} 1',
    "",
    "# HELP chorus_publish_duration_seconds Time.",
    "# TYPE chorus_publish_duration_seconds histogram",
    `chorus_publish_duration_seconds_bucket{le="0.1"} ${buckets[0]}`,
    `chorus_publish_duration_seconds_bucket{le="+Inf"} ${buckets[1]}`,
    `chorus_publish_duration_seconds_sum 0.5`,
    `chorus_publish_duration_seconds_count ${buckets[1]}`,
    "",
  ].join("\n");

test("[MP9] counters, gauges and histograms of the processes are summed, others told of each, the build once", () => {
  const merged = mergeMetrics([
    { worker: "1", text: text(2, 0.25, [1, 2]) },
    { worker: "2", text: text(3, 0.5, [3, 4]) },
  ]);
  expect(merged.split("\n").filter((line) => line !== "" && !line.startsWith("# HELP"))).toEqual([
    "# TYPE chorus_accepted_total counter",
    "chorus_accepted_total 5",
    "# TYPE chorus_sockets gauge",
    "chorus_sockets 5",
    "# TYPE chorus_event_loop_lag_seconds gauge",
    'chorus_event_loop_lag_seconds{worker="1"} 0.25',
    'chorus_event_loop_lag_seconds{worker="2"} 0.5',
    "# TYPE chorus_build_info gauge",
    'chorus_build_info{version="1 } 2",bun="1.4.5"} 1',
    "# TYPE chorus_publish_duration_seconds histogram",
    'chorus_publish_duration_seconds_bucket{le="0.1"} 4',
    'chorus_publish_duration_seconds_bucket{le="+Inf"} 6',
    "chorus_publish_duration_seconds_sum 1",
    "chorus_publish_duration_seconds_count 6",
  ]);
});
