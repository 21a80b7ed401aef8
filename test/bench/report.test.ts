import { describe, expect, test } from "bun:test";
import type { RunResult } from "../../bench/load/run.ts";
import { parseOptions } from "../../bench/options.ts";
import { profileOf } from "../../bench/profile.ts";
import { logLogChart, logScale } from "../../bench/report/chart.ts";
import { fanoutChart } from "../../bench/report/fanout-chart.ts";
import { bestPeer, compare, figuresOf, isLoadBound, type Row } from "../../bench/report/rows.ts";
import { tableLines } from "../../bench/report/table.ts";

/** A round of a second with so many deliveries. */
function round(deliveries: number, cpu: { load?: number; server?: number } = {}): RunResult {
  return {
    publications: 1,
    deliveries,
    elapsed: 1_000,
    loadCpu: (cpu.load ?? 0.5) * 1_000,
    serverCpu: (cpu.server ?? 1) * 1_000,
    deliveryLatencies: [[100, deliveries]],
    lastLatencies: [[100, 1]],
    samples: [],
    sendDelays: [],
  };
}

const row: Row = {
  experiment: "fanout",
  caption: "",
  connections: 100,
  bytes: 64,
  window: 1,
  rate: null,
  baseline: "bare Bun",
  entries: [
    { name: "bare Bun", rounds: [round(1_000), round(2_000, { load: 0.99, server: 0.6 }), round(1_000)] },
    { name: "Chorus", rounds: [round(900), round(1_500), round(950)] },
    { name: "ws", rounds: [round(100), round(110), null] },
    { name: "gorilla", rounds: [round(300), round(300), round(300)] },
    { name: "gone", rounds: [null, null, null] },
  ],
};

describe("rows", () => {
  test("[BN14] a round that the load decided is marked, and enters no ratio", () => {
    expect(isLoadBound(round(1, { load: 0.99, server: 0.6 }))).toBe(true);
    expect(isLoadBound(round(1, { load: 0.99, server: 0.95 }))).toBe(false);
    expect(isLoadBound(round(1, { load: 0.9, server: 0.5 }))).toBe(false);
    expect(compare(row, "Chorus", "bare Bun")).toEqual({ median: 0.925, min: 0.9, max: 0.95 });
  });

  test("[BN14] in an open loop the load decided when it was late, however busy it was", () => {
    const open = { ...round(100, { load: 1, server: 0.1 }), deliveryLatencies: [[500, 100]] as const };
    expect(isLoadBound({ ...open, sendDelays: [[100, 100]] })).toBe(false);
    expect(isLoadBound({ ...open, sendDelays: [[490, 100]] })).toBe(true);
  });

  test("[BN14] a server is marked when most of its rounds are", () => {
    const bound = round(1, { load: 1, server: 0.1 });
    const figures = figuresOf({ ...row, entries: [{ name: "bare Bun", rounds: [bound, bound, round(1)] }] });
    expect(figures.map(({ loadBound }) => loadBound)).toEqual([true]);
    expect(figuresOf(row).some(({ loadBound }) => loadBound)).toBe(false);
  });

  test("[BN3] figures are of the rounds that were run, and the baseline has no ratio to itself", () => {
    const figures = figuresOf(row);
    expect(figures.map(({ name }) => name)).toEqual(["bare Bun", "Chorus", "ws", "gorilla"]);
    expect(figures[0]?.ofBaseline).toBeNull();
    expect(figures[2]?.deliveries).toEqual({ median: 105, min: 100, max: 110 });
    expect(figures[2]?.ofBaseline).toEqual({ median: 0.1, min: 0.1, max: 0.1 });
  });

  test("what is delivered per CPU of the server is compared in every round, also where the load decided", () => {
    // 1,500 for a whole CPU beside 2,000 for 0.6 of one.
    const [bareBun, chorus] = figuresOf(row);
    expect(chorus?.perCpuOfBaseline?.min).toBeCloseTo(0.45);
    expect(chorus?.perCpuOfBaseline?.max).toBeCloseTo(0.95);
    expect(bareBun?.perCpuOfBaseline).toBeNull();
  });

  test("the best peer is neither the baseline nor oneself", () => {
    expect(bestPeer(row, "Chorus")).toBe("gorilla");
    expect(bestPeer({ ...row, entries: row.entries.slice(0, 2) }, "Chorus")).toBeNull();
  });
});

describe("what is drawn and printed", () => {
  test("axes are decades that hold every value", () => {
    const { at, ticks } = logScale([30, 5_000], { from: 0, to: 300 });
    expect(ticks).toEqual([10, 100, 1_000, 10_000]);
    expect(at(10)).toBe(0);
    expect(at(100)).toBeCloseTo(100);
    expect(at(10_000)).toBe(300);
    expect(logScale([7], { from: 0, to: 1 }).ticks).toEqual([1, 10]);
  });

  test("every server has its line and its name, and names are escaped", () => {
    const point = { x: 10, y: 1_000, doubtful: false };
    const text = { title: "<t>", subtitle: "", xLabel: "", writeX: String, writeY: String };
    const series = [
      { name: "A & B", emphasis: true, points: [point, { x: 100, y: 9_000, doubtful: true }] },
      { name: "C", emphasis: false, points: [point] },
    ];
    const svg = logLogChart([{ title: "<t>", series }], text);
    expect(svg.match(/<polyline/g)?.length).toBe(2);
    expect(svg).toContain("A &amp; B");
    expect(svg).toContain("&lt;t&gt;");
    expect(svg).not.toContain("NaN");
  });

  test("the chart of the fan-out takes the rows of 64 bytes, a panel for each way to send, and needs three rows", () => {
    expect(fanoutChart([row])).toBeNull();
    expect(fanoutChart([row, { ...row, connections: 1_000 }, { ...row, window: 50 }])).toBeNull();
    const svg = fanoutChart([row, { ...row, connections: 1_000 }, { ...row, connections: 5_000 }]);
    expect(svg).toContain("gorilla");
    expect(svg).not.toContain("in flight");
    expect(svg).not.toContain("gone");
  });

  test("columns are as wide as they have to be", () => {
    expect(
      tableLines(
        ["name", "n"],
        [
          ["a", "1"],
          ["longer", "1000"],
        ],
      ),
    ).toEqual(["name       n", "------  ----", "a          1", "longer  1000"]);
  });
});

describe("options of the suite", () => {
  test("what is given is taken, and what is not has its default", () => {
    expect(parseOptions([])).toEqual({
      profile: "default",
      only: null,
      peers: null,
      connectionsMax: 10_000,
      rounds: null,
      config: null,
    });
    expect(
      parseOptions([
        "--quick",
        "--only",
        "fanout, abuse",
        "--peers",
        "WS",
        "--max-connections",
        "50",
        "--config",
        "x",
        "--rounds",
        "9",
      ]),
    ).toEqual({
      profile: "quick",
      only: ["fanout", "abuse"],
      peers: ["ws"],
      connectionsMax: 50,
      rounds: 9,
      config: "x",
    });
  });

  test("what is wrong is said", () => {
    expect(parseOptions(["--help"])).toStartWith("usage");
    expect(parseOptions(["--quick", "--full"])).toContain("not both");
    expect(parseOptions(["--only", "nonsense"])).toContain("nonsense");
    expect(parseOptions(["--rounds", "0"])).toContain("positive number");
    expect(parseOptions(["--peers", "phoenix"])).toContain("phoenix");
    expect(parseOptions(["--max-connections", "many"])).toContain("positive number");
    expect(parseOptions(["--colour"])).toContain("--colour");
  });

  test("no row has more connections than allowed", () => {
    expect(profileOf("full", 100).connections).toEqual([1, 10, 100]);
    expect(profileOf("default", 1_000).idleConnections).toBe(1_000);
  });
});
