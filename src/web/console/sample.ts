/** What the server publishes each second while it is watched. Counts are totals since its start. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly states: Readonly<Record<string, number>>;
  readonly protocols: Readonly<Record<string, number>>;
  readonly hub: string;
  readonly connections: number;
  readonly users: number;
  readonly channels: number;
  readonly stalled: number;
  /** Seconds. */
  readonly lag: number;
  /** Bytes. */
  readonly memory: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly closed: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly recoveries: Readonly<Record<string, number>>;
  readonly publishes: number;
  readonly deliveries: number;
  readonly slow: number;
  readonly crashes: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly hooks: readonly HookSample[];
  /** All nodes, the one of this console first; empty where it is alone. */
  readonly nodes: readonly NodeSample[];
}

/** What a node has told of itself in the last seconds. */
interface NodeSample {
  readonly name: string;
  readonly version: string;
  readonly connections: number;
  readonly users: number;
  readonly channels: number;
}

/** What was counted of one hook. */
interface HookSample {
  readonly kind: string;
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly limited: number;
  readonly inFlight: number;
  /** Seconds. */
  readonly mean: number;
}

/** Ten minutes. */
const spanMs = 600_000;

/** The samples of the last ten minutes. */
export class Samples {
  #samples: Sample[] = [];

  add(sample: Sample): void {
    const last = this.latest;
    // A server that was started anew counts from 0: what was before does not continue.
    if (last && (sample.accepted < last.accepted || sample.at <= last.at)) {
      if (sample.at <= last.at) return;
      this.#samples = [];
    }
    this.#samples.push(sample);
    this.#samples = this.#samples.filter(({ at }) => sample.at - at <= spanMs);
  }

  get latest(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /** A figure over time: a value, or with `rate` how much it grows in a second. */
  series(read: (sample: Sample) => number, { rate }: { rate: boolean }): readonly Point[] {
    if (!rate) return this.#samples.map((sample) => ({ at: sample.at, value: read(sample) }));
    return this.#samples.slice(1).map((sample, index) => {
      const before = this.#samples[index] ?? sample;
      return { at: sample.at, value: ((read(sample) - read(before)) * 1000) / Math.max(1, sample.at - before.at) };
    });
  }
}

/** One place of a series. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** The sum of all counts. */
export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
