import { durationBounds } from "../hooks/statistics.ts";
import { createCounters } from "../metrics/counters.ts";
import type { Gauges } from "../metrics/gauges.ts";
import { countersOf, mergeMetrics, type ProcessMetrics } from "../metrics/merge.ts";
import { createMetrics } from "../metrics/metrics.ts";
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

/** The metrics of the parent process: of what it keeps for its workers. */
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

/**
 * The metrics of the node, of the parent and of all workers that answer in time. Their counters never fall: what a worker
 * had counted when it was asked last stays where it has ended, or does not answer.
 */
export class NodeMetrics {
  readonly #own: Metrics;
  readonly #workers: () => readonly Asked[];
  readonly #wait: () => Promise<void>;
  readonly #last = new Map<Link, string>();
  /** The counters of workers that have ended. */
  #ended = "";

  constructor(own: Metrics, { workers, wait }: { workers: () => readonly Asked[]; wait: () => Promise<void> }) {
    this.#own = own;
    this.#workers = workers;
    this.#wait = wait;
  }

  /** Answers a worker that is asked for the metrics of the node. */
  serve(link: Link): void {
    link.onCall(kinds.metrics, async (_, reply) => {
      const text = await this.#render();
      reply((to) => to.text(text));
    });
  }

  /** A worker has ended. */
  forget(link: Link): void {
    const counters = countersOf(this.#last.get(link) ?? "");
    this.#last.delete(link);
    this.#ended = mergeMetrics([this.#ended, counters].map((text) => ({ worker: "", text })));
  }

  async #render(): Promise<string> {
    const workers = this.#workers();
    const fresh = new Set<Link>();
    const answers = workers.map(
      ({ link }) =>
        new Promise<void>((resolve) => {
          link.call(kinds.metrics, nothing, (answer) => {
            if (answer) {
              this.#last.set(link, answer.text());
              fresh.add(link);
            }
            resolve();
          });
        }),
    );
    const own = await this.#own.render();
    await Promise.race([Promise.all(answers), this.#wait()]);
    const found = workers.flatMap(({ number, link }): ProcessMetrics[] => {
      const last = this.#last.get(link);
      if (last === undefined) return [];
      return [{ worker: String(number), text: fresh.has(link) ? last : countersOf(last) }];
    });
    const inOrder = found.toSorted((one, other) => one.worker.localeCompare(other.worker));
    return mergeMetrics([...inOrder, { worker: "parent", text: own }, { worker: "", text: this.#ended }]);
  }
}
