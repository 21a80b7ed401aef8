/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** Drawn thicker: what the chart is about. */
  readonly emphasis: boolean;
  readonly points: readonly Point[];
}

interface Point {
  readonly x: number;
  readonly y: number;
  /** Not to be trusted like the others: drawn hollow. */
  readonly doubtful: boolean;
}

/** What a chart says beside its lines. */
export interface ChartText {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly writeX: (value: number) => string;
  readonly writeY: (value: number) => string;
}

/** Several charts side by side with the same axes. */
export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

const panelWidth = 500;
const height = 470;

/** Where a panel's lines are drawn, from the panel's own left edge. */
const plot = { left: 66, right: 400, top: 96, bottom: 414 };

/** Distinct in hue and lightness, on white and on dark. */
const colours = ["#2f6fde", "#d9480f", "#2b8a3e", "#9c36b5", "#c92a2a", "#868e96"];

/** Pixels between two labels at the least. */
const labelHeight = 16;

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

interface Axes {
  readonly x: Scale;
  readonly y: Scale;
}

/** Charts with logarithmic axes side by side, one line per series, each with its name at its end, as SVG text. */
export function logLogChart(panels: readonly Panel[], text: ChartText): string {
  const points = panels.flatMap(({ series }) => series.flatMap((line) => line.points));
  const axes = {
    x: logScale(
      points.map((point) => point.x),
      { from: plot.left, to: plot.right },
    ),
    y: logScale(
      points.map((point) => point.y),
      { from: plot.bottom, to: plot.top },
    ),
  };
  const drawn = panels.map((panel, index) => {
    return `<g transform="translate(${index * panelWidth} 0)">\n${drawnPanel(panel, axes, text).join("\n")}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${panels.length * panelWidth} ${height}" role="img" aria-label="${escaped(text.title)}">
<style>${style}</style>
<rect width="100%" height="100%" class="paper"/>
${label(plot.left, 26, text.title, 'class="title"')}
${label(plot.left, 46, text.subtitle, 'class="quiet"')}
${drawn.join("\n")}
</svg>
`;
}

function drawnPanel({ title, series }: Panel, axes: Axes, text: ChartText): string[] {
  const { x, y } = axes;
  return [
    label(plot.left, plot.top - 14, title, 'class="panel"'),
    ...y.ticks.map((tick) => horizontal(y.at(tick), text.writeY(tick))),
    ...x.ticks.map((tick) => vertical(x.at(tick), text.writeX(tick))),
    label((plot.left + plot.right) / 2, height - 16, text.xLabel, 'class="quiet" text-anchor="middle"'),
    ...series.map((line, index) => drawnLine(line, index, axes)),
    ...names(series, y),
  ];
}

const style = [
  "text{font:13px system-ui,sans-serif;fill:#212529}.title{font-weight:600;font-size:15px}",
  ".panel,.strong{font-weight:600}.quiet{fill:#5c636a}.paper{fill:#fff}.grid{stroke:#dee2e6}",
  "@media(prefers-color-scheme:dark){text{fill:#e9ecef}.quiet{fill:#adb5bd}.paper{fill:#16191d}.grid{stroke:#343a40}}",
].join("");

/** Decades that hold all values, and where each value lies between two ends. */
export function logScale(values: readonly number[], { from, to }: { from: number; to: number }): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)),
  };
}

function drawnLine({ points, emphasis }: Series, index: number, { x, y }: Axes): string {
  const colour = colourOf(index);
  const width = emphasis ? 3 : 1.75;
  const at = points.map((point) => ({ ...point, px: round(x.at(point.x)), py: round(y.at(point.y)) }));
  const path = at.map(({ px, py }) => `${px},${py}`).join(" ");
  const dots = at.map(({ px, py, doubtful }) => {
    const fill = doubtful ? `class="paper" stroke="${colour}" stroke-width="1.5"` : `fill="${colour}"`;
    return `<circle cx="${px}" cy="${py}" r="${emphasis ? 4.5 : 3.5}" ${fill}/>`;
  });
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${width}"/>${dots.join("")}`;
}

/** The name of each line at its end, moved apart where two lines end close together. */
function names(series: readonly Series[], y: Scale): string[] {
  const ends = series
    .map((line, index) => ({ line, index, at: y.at(line.points.at(-1)?.y ?? 1) }))
    .sort((a, b) => a.at - b.at);
  let free = 0;
  return ends.map(({ line, index, at }) => {
    const place = Math.max(at, free);
    free = place + labelHeight;
    const strong = line.emphasis ? ' class="strong"' : "";
    return label(plot.right + 12, round(place + 4), line.name, `style="fill:${colourOf(index)}"${strong}`);
  });
}

function horizontal(at: number, text: string): string {
  const line = `<line x1="${plot.left}" x2="${plot.right}" y1="${round(at)}" y2="${round(at)}" class="grid"/>`;
  return line + label(plot.left - 10, round(at + 4), text, 'class="quiet" text-anchor="end"');
}

function vertical(at: number, text: string): string {
  const line = `<line x1="${round(at)}" x2="${round(at)}" y1="${plot.top}" y2="${plot.bottom}" class="grid"/>`;
  return line + label(round(at), plot.bottom + 20, text, 'class="quiet" text-anchor="middle"');
}

function label(x: number, y: number, text: string, more: string): string {
  return `<text x="${x}" y="${y}" ${more}>${escaped(text)}</text>`;
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? "#868e96";
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
