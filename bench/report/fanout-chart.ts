import { logLogChart, type Panel } from "./chart.ts";
import { thousands } from "./formats.ts";
import { figuresOf, type Row } from "./rows.ts";

/** With fewer rows a line says nothing of growth; the quick run has fewer, and leaves the README's chart alone. */
const rowsMin = 3;

/** The chart that the README shows; null where too few rows were run. */
export function fanoutChart(rows: readonly Row[]): string | null {
  const panels = [panelOf(rows, 1, "one at a time"), panelOf(rows, 50, "50 in flight")].filter(
    (panel) => panel !== null,
  );
  if (panels.length === 0) return null;
  return logLogChart(panels, {
    title: "Time until everyone in the channel has a message",
    subtitle:
      "median, 64 bytes, load on the same machine; a hollow point: the load, not the server, was the bottleneck",
    xLabel: "connections in the channel",
    writeX: thousands,
    writeY: writeTime,
  });
}

function panelOf(rows: readonly Row[], window: number, title: string): Panel | null {
  const drawn = rows.filter((row) => row.experiment === "fanout" && row.bytes === 64 && row.window === window);
  if (drawn.length < rowsMin) return null;
  const series = new Map<string, { x: number; y: number; doubtful: boolean }[]>();
  for (const row of drawn) {
    for (const { name, last, loadBound } of figuresOf(row)) {
      const points = series.get(name) ?? [];
      points.push({ x: row.connections, y: last.p50, doubtful: loadBound });
      series.set(name, points);
    }
  }
  return { title, series: [...series].map(([name, points]) => ({ name, points, emphasis: name === "Chorus" })) };
}

/** A power of ten of nanoseconds in words. */
function writeTime(nanoseconds: number): string {
  if (nanoseconds >= 1e9) return `${nanoseconds / 1e9} s`;
  if (nanoseconds >= 1e6) return `${nanoseconds / 1e6} ms`;
  return `${nanoseconds / 1e3} µs`;
}
