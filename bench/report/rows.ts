import type { RunResult } from "../load/run.ts";
import { type Counts, Histogram } from "../measure/histogram.ts";
import { median, ratioOf, type Spread, spreadOf } from "../measure/spread.ts";

/** One question put to several servers in interleaved rounds. */
export interface Row {
  readonly experiment: string;
  readonly caption: string;
  /** Receivers, in all channels together. */
  readonly connections: number;
  readonly bytes: number;
  /** Publications under way at a time; null in an open loop. */
  readonly window: number | null;
  /** Publications a second, in an open loop. */
  readonly rate: number | null;
  /** Whom the others are compared with. */
  readonly baseline: string;
  readonly entries: readonly Entry[];
}

/** One server's rounds; null where a round failed. */
interface Entry {
  readonly name: string;
  readonly rounds: readonly (RunResult | null)[];
}

/** What is said of one server in one row; latencies in nanoseconds, rates a second, CPU in cores. */
export interface Figures {
  readonly name: string;
  readonly deliveries: Spread;
  readonly delivery: Percentiles;
  readonly last: Percentiles;
  readonly serverCpu: number;
  readonly loadCpu: number;
  /** The load could not have taken more in most rounds: the row says little of the server, and enters no ratio. */
  readonly loadBound: boolean;
  /** Deliveries a second, of the baseline's in the same round. */
  readonly ofBaseline: Spread | null;
  /** Deliveries per second of the server's CPU, of the baseline's in the same round; no load limits these. */
  readonly perCpuOfBaseline: Spread | null;
  /** 99th percentile of delivery, of the baseline's in the same round. */
  readonly p99OfBaseline: Spread | null;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** The load is the bottleneck when it has no CPU left while the server has. */
const loadBusy = 0.95;
const serverIdle = 0.9;

/** In an open loop the load may be late by this share of the latencies that it measures. */
const lateness = 0.25;

/**
 * Whether the load, not the server, decided what this round says. An open loop turns while it waits, so that its CPU
 * says nothing: there it is how late the load sent what was due.
 */
export function isLoadBound({ loadCpu, serverCpu, elapsed, sendDelays, deliveryLatencies }: RunResult): boolean {
  if (sendDelays.length === 0) return loadCpu / elapsed >= loadBusy && serverCpu / elapsed < serverIdle;
  const p99 = (counts: Counts) => new Histogram().add(counts).percentile(0.99);
  return p99(sendDelays) > lateness * p99(deliveryLatencies);
}

/** What the row says of each of its servers. */
export function figuresOf(row: Row): Figures[] {
  const baseline = row.entries.find(({ name }) => name === row.baseline);
  return row.entries.filter(({ rounds }) => rounds.some(Boolean)).map((entry) => figuresOfEntry(entry, baseline));
}

function figuresOfEntry({ name, rounds }: Entry, baseline: Entry | undefined): Figures {
  const good = rounds.filter((round) => round !== null);
  const ratio = (of: (round: RunResult) => number) =>
    baseline && baseline.name !== name ? ratioOf(usable(rounds, of), usable(baseline.rounds, of)) : null;
  return {
    name,
    deliveries: spreadOf(good.map(rateOf)),
    delivery: percentiles(good.map((round) => round.deliveryLatencies)),
    last: percentiles(good.map((round) => round.lastLatencies)),
    serverCpu: median(good.map((round) => round.serverCpu / round.elapsed)),
    loadCpu: median(good.map((round) => round.loadCpu / round.elapsed)),
    loadBound: good.filter(isLoadBound).length * 2 > good.length,
    ofBaseline: ratio(rateOf),
    perCpuOfBaseline:
      baseline && baseline.name !== name ? ratioOf(rounds.map(perCpuOf), baseline.rounds.map(perCpuOf)) : null,
    p99OfBaseline: ratio((round) => new Histogram().add(round.deliveryLatencies).percentile(0.99)),
  };
}

/** How the entry did beside another one, round by round; null where either has nothing to compare. */
export function compare(row: Row, name: string, other: string): Spread | null {
  const roundsOf = (wanted: string) => row.entries.find((entry) => entry.name === wanted)?.rounds ?? [];
  return ratioOf(usable(roundsOf(name), rateOf), usable(roundsOf(other), rateOf));
}

/** The fastest of those that are neither the entry itself nor the baseline; null where there is none. */
export function bestPeer(row: Row, name: string): string | null {
  const peers = figuresOf(row).filter((figures) => figures.name !== name && figures.name !== row.baseline);
  return peers.sort((a, b) => b.deliveries.median - a.deliveries.median)[0]?.name ?? null;
}

const rateOf = (round: RunResult) => (round.deliveries / round.elapsed) * 1000;

const perCpuOf = (round: RunResult | null) =>
  round && round.serverCpu > 0 ? round.deliveries / round.serverCpu : null;

/** Rounds in which the load was the bottleneck enter no ratio. */
function usable(rounds: Entry["rounds"], of: (round: RunResult) => number): (number | null)[] {
  return rounds.map((round) => (round && !isLoadBound(round) ? of(round) : null));
}

function percentiles(all: readonly Counts[]): Percentiles {
  const histogram = new Histogram();
  for (const counts of all) histogram.add(counts);
  const at = (p: number) => histogram.percentile(p);
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
