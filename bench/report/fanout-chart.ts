import { logLogChart, type Series } from "./chart.ts";
import { thousands } from "./formats.ts";
import { figuresOf, type Row } from "./rows.ts";

/** The chart that the README shows; null where too few rows were run to draw a line. */
export function fanoutChart(rows: readonly Row[]): string | null {
  const drawn = rows.filter(({ experiment, bytes, window }) => experiment === "fanout" && bytes === 64 && window === 1);
  if (drawn.length < 2) return null;
  const series = new Map<string, { x: number; y: number; doubtful: boolean }[]>();
  for (const row of drawn) {
    for (const { name, last, loadBound } of figuresOf(row)) {
      const points = series.get(name) ?? [];
      points.push({ x: row.connections, y: last.p50, doubtful: loadBound });
      series.set(name, points);
    }
  }
  const lines: Series[] = [...series].map(([name, points]) => ({ name, points, emphasis: name === "Chorus" }));
  return logLogChart(lines, {
    title: "Time until everyone has a broadcast",
    subtitle: "median; 64 bytes, one at a time, load on the same machine; a hollow point: the load was the bottleneck",
    xLabel: "connections in the channel",
    writeX: thousands,
    writeY: writeTime,
  });
}

/** A power of ten of nanoseconds in words. */
function writeTime(nanoseconds: number): string {
  if (nanoseconds >= 1e9) return `${nanoseconds / 1e9} s`;
  if (nanoseconds >= 1e6) return `${nanoseconds / 1e6} ms`;
  return `${nanoseconds / 1e3} µs`;
}
