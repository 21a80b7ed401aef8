import { describe, expect, setDefaultTimeout, test } from "bun:test";
import packageJson from "../../package.json" with { type: "json" };
import { NamespaceCounters } from "../../src/metrics/counters-by-namespace.ts";
import { Histogram } from "../../src/metrics/histogram.ts";
import { seriesText } from "../../src/metrics/series.ts";
import { apiKey, startApi } from "../support/api.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { testTimeout } from "../support/patience.ts";
import { scrape } from "../support/scrape.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

/** Each line of the text format by its name and labels. */
function samples(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

describe("a histogram", () => {
  test("counts an observation in its bucket and in each larger one", () => {
    const histogram = new Histogram();
    for (const milliseconds of [0.02, 0.2, 3, 3, 700, 60_000, -1]) histogram.observe(milliseconds);
    const { buckets, count, sum } = histogram.read();
    expect(Object.fromEntries(buckets)).toEqual({
      "0.00001": 1,
      "0.00005": 2,
      "0.0001": 2,
      "0.0005": 3,
      "0.001": 3,
      "0.005": 5,
      "0.01": 5,
      "0.05": 5,
      "0.1": 5,
      "0.5": 5,
      "1": 6,
      "5": 6,
      "+Inf": 7,
    });
    expect(count).toBe(7);
    expect(sum).toBeCloseTo(60.70622, 5);
  });
});

describe("a series", () => {
  test("is a paragraph of the text format, its labels escaped", () => {
    const labels = { name: 'a "quoted"\\word\n', kind: "x" };
    expect(seriesText({ name: "calls_total", help: "Calls.", read: () => [{ labels, value: 2 }] })).toBe(
      '# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{name="a \\"quoted\\"\\\\word\\n",kind="x"} 2\n',
    );
    expect(seriesText({ name: "age", help: "Age.", read: () => Number.POSITIVE_INFINITY })).toContain(
      "gauge\nage +Inf\n",
    );
  });
});

describe("counts by namespace", () => {
  test("are bounded: beyond a hundred namespaces the others share one", () => {
    const counters = new NamespaceCounters((channel) => (channel === "none" ? null : channel));
    for (let index = 0; index < 500; index += 1) counters.of(`namespace${index}`).publications += 1;
    counters.of("none").publications += 1;
    const entries = [...counters.entries()];
    expect(entries.length).toBeLessThanOrEqual(101);
    expect(entries.reduce((sum, [, { publications }]) => sum + publications, 0)).toBe(501);
  });
});

describe("the metrics", () => {
  test("[MM2] name the build and the process", async () => {
    await using server = await startTestServer();
    const found = samples(await scrape(server.url));
    expect(found.get(`chorus_build_info{version="${packageJson.version}",bun="${Bun.version}"}`)).toBe(1);
    expect(found.get("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(found.get("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
    expect(found.get("process_start_time_seconds")).toBeGreaterThan(1_000_000_000);
    expect(found.get("process_open_fds")).toBeGreaterThan(3);
    expect(found.get("process_max_fds")).toBeGreaterThan(100);
    // A server that is alone has no engine that could be down.
    expect(found.has("chorus_engine_up")).toBe(false);
  });

  test("[MM3] time every publish with an outcome, and one delivery in 64", async () => {
    await using api = await startApi();
    const commands = Array.from({ length: 128 }, () => ({ publish: { channel: "news", data: 1 } }));
    await api.call("batch", { commands }, apiKey);
    const found = samples(await scrape(api.url));
    expect(found.get("chorus_publish_duration_seconds_count")).toBe(128);
    expect(found.get('chorus_publish_duration_seconds_bucket{le="+Inf"}')).toBe(128);
    expect(found.get("chorus_delivery_duration_seconds_count")).toBe(2);
    expect(found.get("chorus_publish_duration_seconds_sum")).toBeGreaterThan(0);
  });

  test("[MM4] count error replies by code, recoveries by outcome and publications by namespace", async () => {
    const rules = { allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true };
    const kept = { ...rules, history_size: 10, history_ttl: "60s", force_recovery: true, engine: "memory" } as const;
    await using api = await startApi({ channel: { namespaces: [{ name: "kept", ...kept }, { name: "quiet" }] } });
    const client = await CentrifugeProbe.connect(api.ws);
    await api.call("publish", { channel: "kept:a", data: 1 }, apiKey);
    const { epoch } = (await api.call("history", { channel: "kept:a" }, apiKey)).json.result;
    await client.ask("subscribe", { channel: "kept:a", recover: true, offset: 0, epoch });
    await client.ask("subscribe", { channel: "kept:b", recover: true, offset: 0, epoch: "other" });
    await client.ask("subscribe", { channel: "quiet:a" });
    await client.ask("subscribe", { channel: "unknown:a" });
    await api.call("publish", { channel: "kept:a", data: 1 }, apiKey);
    const found = samples(await scrape(api.url));
    expect(found.get('chorus_command_errors_total{code="103"}')).toBe(1);
    expect(found.get('chorus_command_errors_total{code="102"}')).toBe(1);
    expect(found.get('chorus_recoveries_total{outcome="recovered"}')).toBe(1);
    expect(found.get('chorus_recoveries_total{outcome="not_recovered"}')).toBe(1);
    expect(found.get('chorus_namespace_publications_total{namespace="kept"}')).toBe(2);
    expect(found.get('chorus_namespace_deliveries_total{namespace="kept"}')).toBe(1);
  });
});
