import { describeFault } from "../fault.ts";
import { type Endpoint, HttpFault } from "../http/endpoint.ts";
import { countDuration, createStatistics, type HookStatistics } from "../statistics.ts";
import type { Batch, Outbox, OutboxPorts } from "./outbox.ts";

/** The first wait after a failure and the longest one, in milliseconds; each is twice the one before. */
const backoff = { first: 500, longest: 30_000 };

const fileFault = "the file of the events fails";

/** One URL that events go to. */
export interface SenderOptions {
  readonly endpoint: Endpoint;
  /** Milliseconds for the whole answer. */
  readonly timeout: number;
  readonly batchSize: number;
  /** The routes that lead to this URL. */
  readonly routes: readonly string[];
}

/**
 * Sends what waits for one URL: one request at a time, so that the events of a connection keep their order, and again
 * until it is acknowledged by status 200.
 */
export class Sender {
  readonly statistics: HookStatistics;
  readonly #options: SenderOptions;
  readonly #outbox: Outbox;
  readonly #ports: OutboxPorts;
  #isSending = false;
  /** Resolves when no request is under way. */
  idle: Promise<void> = Promise.resolve();
  #failures = 0;
  #cancelRetry: (() => void) | null = null;
  #isClosed = false;
  #abort: AbortController | null = null;

  constructor(options: SenderOptions, outbox: Outbox, ports: OutboxPorts) {
    this.#options = options;
    this.#outbox = outbox;
    this.#ports = ports;
    this.statistics = createStatistics("events", options.endpoint.place);
  }

  /** Something waits, maybe for this URL. */
  wake(): void {
    if (!this.#isSending && this.#cancelRetry === null && !this.#isClosed) this.idle = this.#send();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#abort?.abort();
  }

  async #send(): Promise<void> {
    const { routes, batchSize } = this.#options;
    this.#isSending = true;
    let fault: unknown = null;
    while (!this.#isClosed) {
      const found = this.#outbox.first(routes, batchSize);
      if (found === null) fault = new HttpFault(fileFault);
      if (found === null) break;
      const batches = cut(found, batchSize);
      if (batches.every(({ rows, lost }) => rows.length === 0 && lost === 0)) break;
      fault = await this.#post(batches);
      if (fault === null && !this.#outbox.acknowledge(batches)) fault = new HttpFault(fileFault);
      if (fault !== null) break;
      this.#failures = 0;
    }
    this.#isSending = false;
    if (fault !== null) this.#failed(fault);
  }

  /** Null where it was acknowledged, else why not. */
  async #post(batches: readonly Batch[]): Promise<unknown> {
    const { endpoint, timeout } = this.#options;
    const abort = new AbortController();
    this.#abort = abort;
    const cancel = this.#ports.after(timeout, () => abort.abort(new HttpFault("no answer in time")));
    const startedAt = this.#ports.clock.monotonic();
    this.statistics.calls += 1;
    this.statistics.inFlight = 1;
    try {
      const status = await endpoint.tell(this.#bodyOf(batches), abort.signal);
      if (status !== 200) throw new HttpFault(`${endpoint.place}: status ${status}`);
      return null;
    } catch (error) {
      return error ?? new HttpFault("it failed");
    } finally {
      cancel();
      this.statistics.inFlight = 0;
      countDuration(this.statistics, (this.#ports.clock.monotonic() - startedAt) / 1000);
    }
  }

  #bodyOf(batches: readonly Batch[]): string {
    const { node, clock } = this.#ports;
    const lost = batches.reduce((sum, batch) => sum + batch.lost, 0);
    const time = Math.floor(clock.wall());
    const notice = lost > 0 ? [JSON.stringify({ type: "events_lost", time, node, count: lost })] : [];
    const rows = batches.flatMap((batch) => batch.rows).sort((one, other) => one.id - other.id);
    return `{"events":[${[...notice, ...rows.map(({ event }) => event)].join(",")}]}`;
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    this.statistics.errors += 1;
    const delay = Math.min(backoff.first * 2 ** this.#failures, backoff.longest);
    this.#cancelRetry = this.#ports.after(delay * (0.5 + this.#ports.random.float() / 2), () => {
      this.#cancelRetry = null;
      this.wake();
    });
    // The first failure is a line, and then each whose wait is the longest one.
    if (this.#failures === 0 || delay === backoff.longest) {
      const { place } = this.#options.endpoint;
      this.#ports.log.error("events.failed", { place, waiting: this.#outbox.waiting, error: describeFault(error) });
    }
    this.#failures += 1;
  }
}

/** The first rows of all routes together: what comes after a row that is left out is left out as well. */
function cut(batches: readonly Batch[], limit: number): Batch[] {
  const ids = batches.flatMap(({ rows }) => rows.map(({ id }) => id)).sort((one, other) => one - other);
  const last = ids[Math.min(limit, ids.length) - 1] ?? 0;
  return batches.map((batch) => ({ ...batch, rows: batch.rows.filter(({ id }) => id <= last) }));
}
