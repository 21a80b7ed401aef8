import type { Series } from "./series.ts";

/** What is known of an engine that several nodes share. */
export interface EngineMetrics {
  readonly isUp: boolean;
  /** Milliseconds since the last probe was answered; infinity before the first. */
  readonly probeAge: number;
  readonly calls: number;
  readonly errors: number;
  readonly feeds: number;
  readonly repairs: number;
  readonly lost: number;
  readonly ringHits: number;
  readonly unreadable: number;
  /** Nodes that this one knows, itself included. */
  readonly nodes: number;
  readonly unanswered: number;
}

const all: readonly (readonly [name: string, help: string, read: (engine: EngineMetrics) => number])[] = [
  ["up", "1 while the engine that nodes share answers, 0 while it does not.", ({ isUp }) => (isUp ? 1 : 0)],
  ["probe_age_seconds", "Time since the last probe of it was answered.", ({ probeAge }) => probeAge / 1_000],
  ["commands_total", "Calls of it.", ({ calls }) => calls],
  ["errors_total", "Calls that it refused or did not answer.", ({ errors }) => errors],
  ["feeds", "Channels that this node hears.", ({ feeds }) => feeds],
  ["repairs_total", "Reads of a stream because something was missing.", ({ repairs }) => repairs],
  ["lost_total", "Streams whose continuity was lost: positioned subscribers were told.", ({ lost }) => lost],
  ["ring_hits_total", "Joins that were answered without the engine.", ({ ringHits }) => ringHits],
  ["unreadable_total", "Messages of an unknown version, or damaged ones.", ({ unreadable }) => unreadable],
  ["nodes", "Nodes that this one knows, itself included.", ({ nodes }) => nodes],
  ["unanswered_total", "Questions that another node did not answer in time.", ({ unanswered }) => unanswered],
];

/** The series of the engine; a node that is alone has no samples. */
export function engineSeries(read: () => EngineMetrics | null): readonly Series[] {
  return all.map(([name, help, value]) => ({
    name: `chorus_engine_${name}`,
    help,
    read: () => {
      const engine = read();
      return engine === null ? new Map() : value(engine);
    },
  }));
}
