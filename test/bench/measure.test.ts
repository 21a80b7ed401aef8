import { describe, expect, test } from "bun:test";
import { Histogram } from "../../bench/measure/histogram.ts";
import { parseCpu, parseRss } from "../../bench/measure/process.ts";
import { median, percentile, ratioOf, spreadOf, thin } from "../../bench/measure/spread.ts";

describe("a histogram", () => {
  test("[BN1] every latency from a microsecond to a minute is kept to within 2 %", () => {
    for (let latency = 1_000; latency < 60e9; latency *= 1.37) {
      const histogram = new Histogram();
      histogram.record(latency);
      const kept = histogram.percentile(0.5);
      expect(Math.abs(kept - latency) / latency).toBeLessThan(latency < 10_000 ? 0.06 : 0.02);
    }
  });

  test("[BN1] percentiles are by nearest rank", () => {
    const histogram = new Histogram();
    for (let value = 1; value <= 1_000; value++) histogram.record(value * 1_000);
    expect(histogram.percentile(0.5) / 500_000).toBeCloseTo(1, 1);
    expect(histogram.percentile(0.99) / 990_000).toBeCloseTo(1, 1);
    expect(histogram.percentile(0.999) / 999_000).toBeCloseTo(1, 1);
    expect(histogram.percentile(1) / 1_000_000).toBeCloseTo(1, 1);
  });

  test("[BN1] one slow delivery in a hundred is not in the 99th percentile, two are", () => {
    const histogram = new Histogram();
    histogram.record(1_000_000, 99);
    histogram.record(90_000_000);
    expect(histogram.percentile(0.99)).toBeLessThan(1_100_000);
    histogram.record(90_000_000);
    expect(histogram.percentile(0.99)).toBeGreaterThan(80_000_000);
  });

  test("[BN1] an empty one has no percentiles, and nothing is too slow for it", () => {
    const histogram = new Histogram();
    expect(histogram.percentile(0.5)).toBeNaN();
    histogram.record(1e15);
    expect(histogram.percentile(0.5)).toBeGreaterThan(200e9);
  });

  test("counts carry it over, and add up", () => {
    const one = new Histogram();
    one.record(5_000, 3);
    one.record(123_456_789);
    const copy = new Histogram().add(one.counts()).add(one.counts());
    expect(copy.count).toBe(8);
    expect(copy.percentile(0.5)).toBe(one.percentile(0.5));
    expect(copy.percentile(1)).toBe(one.percentile(1));
    copy.clear();
    expect(copy.counts()).toEqual([]);
  });
});

describe("figures over rounds", () => {
  test("[BN3] the median of an even number of rounds is the middle of the two in the middle", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([5, 1, 3])).toBe(3);
    expect(median([])).toBeNaN();
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  });

  test("[BN3] a ratio is taken round by round, and rounds without a rate are left out", () => {
    expect(ratioOf([90, 50, 30], [100, 100, 10])).toEqual({ median: 0.9, min: 0.5, max: 3 });
    expect(ratioOf([90, null, 30], [100, 100, null])).toEqual({ median: 0.9, min: 0.9, max: 0.9 });
    expect(ratioOf([90], [null])).toBeNull();
  });

  test("[BN3] a percentile of samples is by nearest rank", () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(samples, 0.95)).toBe(95);
    expect(percentile(samples, 1)).toBe(100);
    expect(percentile([], 0.5)).toBeNaN();
  });

  test("samples are thinned evenly, and the ends stay", () => {
    const samples = Array.from({ length: 1_001 }, (_, index) => index);
    expect(thin(samples, 11)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
    expect(thin([1, 2], 5)).toEqual([1, 2]);
  });
});

describe("a process as the kernel sees it", () => {
  test("CPU is read past a name with brackets and spaces", () => {
    const stat = "4242 (a) b (c)) S 1 4242 4242 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 1000 0 0";
    expect(parseCpu(stat)).toBe(3_000);
  });

  test("memory is read in bytes, and a process that is gone is an error", () => {
    expect(parseRss("Name:\tbun\nVmHWM:\t  900 kB\nVmRSS:\t  512 kB\n")).toBe(524_288);
    expect(() => parseRss("Name:\tbun\n")).toThrow("VmRSS");
  });
});
