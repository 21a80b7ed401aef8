import { Counter, Gauge, type Registry } from "prom-client";
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

/** Registers a metric: a counter where its name ends in `_total`, as Prometheus asks for, else a gauge. */
export function addSeries(registry: Registry, series: Series): void {
  if (series.name.endsWith("_total")) addCounter(registry, series);
  else addGauge(registry, series);
}

function addCounter(registry: Registry, { name, help, label, read }: Series): void {
  const labelNames = label === undefined ? [] : [label].flat();
  const counter = new Counter({ name, help, labelNames, registers: [], collect });
  function collect() {
    counter.reset();
    eachSample(read(), label, (labels, value) => counter.inc(labels, value));
  }
  registry.registerMetric(counter);
}

function addGauge(registry: Registry, { name, help, label, read }: Series): void {
  const labelNames = label === undefined ? [] : [label].flat();
  const gauge = new Gauge({ name, help, labelNames, registers: [], collect });
  function collect() {
    gauge.reset();
    eachSample(read(), label, (labels, value) => gauge.set(labels, value));
  }
  registry.registerMetric(gauge);
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

function eachSample(
  sample: Sample,
  label: Series["label"],
  add: (labels: Record<string, string>, value: number) => void,
): void {
  if (typeof sample === "number") add({}, sample);
  else if (sample instanceof Map) for (const [name, value] of sample) add({ [String(label)]: String(name) }, value);
  else for (const { labels, value } of sample as readonly LabelledSample[]) add(labels, value);
}
