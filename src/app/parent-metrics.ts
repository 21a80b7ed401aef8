import { durationBounds } from "../hooks/statistics.ts";
import { createCounters } from "../metrics/counters.ts";
import { mergeMetrics, type ProcessMetrics } from "../metrics/merge.ts";
import { createMetrics, type Gauges } from "../metrics/metrics.ts";
import { kinds } from "../processes/kinds.ts";
import { type Link, nothing } from "../processes/link.ts";
import type { ParentConnection } from "./parent-connection.ts";

/** What renders the metrics of a process. */
type Metrics = ReturnType<typeof createMetrics>;

/** The metrics of the node, as one of its workers is asked for them: the parent merges those of all. */
export function nodeMetrics(own: Metrics, { link }: ParentConnection): Metrics {
  link.onCall(kinds.metrics, (_, reply) => void own.render().then((text) => reply((to) => to.text(text))));
  return {
    contentType: own.contentType,
    render: async () => {
      const { promise, resolve } = Promise.withResolvers<string | null>();
      link.call(kinds.metrics, nothing, (answer) => resolve(answer?.text() ?? null));
      // A parent that hangs: those of this worker say so.
      return (await promise) ?? (await own.render());
    },
  };
}

/** What the parent process tells of itself: what it keeps for its workers. */
export interface ParentGauges
  extends Pick<
    Gauges,
    "version" | "commits" | "pushFailures" | "pushEntriesLost" | "logLinesDropped" | "openFiles" | "openFilesLimit"
  > {
  /** What was counted of events for back ends. */
  hooks(): ReturnType<Gauges["hooks"]["read"]>;
}

export function createParentMetrics(gauges: ParentGauges): Metrics {
  const none = () => 0;
  return createMetrics(createCounters(), {
    ...gauges,
    sockets: none,
    connections: () => [],
    users: none,
    channels: none,
    deadlines: none,
    stalled: none,
    loopLag: none,
    insecure: () => new Map(),
    hooks: { durationBounds, read: gauges.hooks, refusedOutputs: none },
    engine: () => null,
  });
}

/** A worker with its link. */
interface Asked {
  readonly number: number;
  readonly link: Link;
}

/** Answers a worker that is asked for the metrics of the node: those of all workers that answer within `wait`, and the parent's. */
export function serveMetrics(
  link: Link,
  own: Metrics,
  { workers, wait }: { workers: () => readonly Asked[]; wait: () => Promise<void> },
): void {
  link.onCall(kinds.metrics, async (_, reply) => {
    const found: ProcessMetrics[] = [{ worker: "parent", text: await own.render() }];
    const answers = workers().map(
      (each) =>
        new Promise<void>((resolve) => {
          each.link.call(kinds.metrics, nothing, (answer) => {
            if (answer) found.push({ worker: String(each.number), text: answer.text() });
            resolve();
          });
        }),
    );
    await Promise.race([Promise.all(answers), wait()]);
    const text = mergeMetrics(found.toSorted((one, other) => one.worker.localeCompare(other.worker)));
    reply((to) => to.text(text));
  });
}
