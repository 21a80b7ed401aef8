import type { Histogram } from "./histogram.ts";

/** One value, or one for each value of the label, or one for each combination of labels. */
type Sample = number | ReadonlyMap<string | number, number> | readonly LabelledSample[];

export interface LabelledSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric by its whole name, and how it is read when metrics are scraped. */
export interface Series {
  readonly name: string;
  readonly help: string;
  readonly label?: string | readonly string[];
  read(): Sample;
}

/** The content type of the text format. */
export const textFormat = "text/plain; version=0.0.4; charset=utf-8";

/** The text of series; those of one metric are a paragraph. By the convention of names, what ends in `_total` is a counter. */
export function seriesText({ name, help, label, read }: Series): string {
  const lines = samples(read(), label).map(([labels, value]) => `${name}${labelsText(labels)} ${valueText(value)}`);
  const type = name.endsWith("_total") ? "counter" : "gauge";
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

/** The text of a histogram, which has its counts already: the library's own counts only what it observed itself. */
export function histogramText(name: string, help: string, histogram: Histogram): string {
  const { buckets, sum, count } = histogram.read();
  const lines = buckets.map(([le, value]) => `${name}_bucket{le="${le}"} ${value}`);
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} histogram`,
    ...lines,
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
    "",
  ].join("\n");
}

/** A label's value as the format has it. */
export function escapedLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

type Labels = Readonly<Record<string, string>>;

function samples(sample: Sample, label: Series["label"]): readonly (readonly [labels: Labels, value: number])[] {
  if (typeof sample === "number") return [[{}, sample]];
  if (sample instanceof Map) return [...sample].map(([name, value]) => [{ [String(label)]: String(name) }, value]);
  return (sample as readonly LabelledSample[]).map(({ labels, value }) => [labels, value]);
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function valueText(value: number): string {
  return Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : Number.isNaN(value) ? "NaN" : "-Inf";
}
