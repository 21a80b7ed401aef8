/** The metrics of one process of a node, as it renders them. */
export interface ProcessMetrics {
  /** The number of a worker, or `parent`. */
  readonly worker: string;
  readonly text: string;
}

/** Gauges of which a sum says nothing: a sample of each process, with its number as the label `worker`. */
const byWorker =
  /^(?:process_(?!cpu)|chorus_(?:event_loop_lag_seconds|open_files|resident_memory_bytes|users|channels|engine_(?:up|probe_age_seconds|feeds|nodes)))/;

/** Gauges that say the same of every process. */
const same = /^chorus_(?:build_info|insecure)$/;

interface Family {
  /** The lines of `# HELP` and `# TYPE`. */
  readonly head: string[];
  /** Samples by name and labels, in their order. */
  readonly samples: Map<string, number>;
}

/**
 * The metrics of a node of several processes in Prometheus' text format: counters and histograms are summed, gauges too
 * or, where that says nothing, listed for each worker.
 */
export function mergeMetrics(processes: readonly ProcessMetrics[]): string {
  const families = new Map<string, Family>();
  for (const { worker, text } of processes) addAll(families, text.split("\n"), worker);
  const lines = [...families.values()].flatMap(({ head, samples }) => [
    ...head,
    ...[...samples].map(([sample, value]) => `${sample} ${written(value)}`),
    "",
  ]);
  return lines.join("\n");
}

/** The counters and histograms of a text, which only grow while a process runs. */
export function countersOf(text: string): string {
  let isKept = false;
  return text
    .split("\n")
    .filter((line) => {
      // The line of the help is left out with it: that of another process says the same.
      if (line.startsWith("# ")) isKept = /^# TYPE \S+ (?:counter|histogram)$/.test(line);
      return isKept;
    })
    .join("\n");
}

function addAll(families: Map<string, Family>, lines: readonly string[], worker: string): void {
  let name = "";
  for (const line of lines) {
    if (line === "") continue;
    if (line.startsWith("# ")) name = line.split(" ", 3)[2] ?? "";
    const family = families.get(name) ?? { head: [], samples: new Map<string, number>() };
    families.set(name, family);
    if (!line.startsWith("# ")) addSample(family, name, line, worker);
    else if (!family.head.includes(line)) family.head.push(line);
  }
}

function addSample({ samples }: Family, name: string, line: string, worker: string): void {
  const end = line.lastIndexOf(" ");
  const value = Number(line.slice(end + 1).replace("Inf", "Infinity"));
  const given = line.slice(0, end);
  const sample = byWorker.test(name) ? labelled(given, worker) : given;
  const known = samples.get(sample);
  samples.set(sample, known === undefined || same.test(name) ? value : known + value);
}

function labelled(sample: string, worker: string): string {
  const label = `worker="${worker}"`;
  return sample.endsWith("}") ? `${sample.slice(0, -1)},${label}}` : `${sample}{${label}}`;
}

function written(value: number): string {
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : `${value < 0 ? "-" : "+"}Inf`;
}
