import type { Centrifuge } from "centrifuge";

/** The call with which a client acknowledges messages. */
const method = "chorus:ack";
/** Ids that are remembered: more than wait for one user. */
const handledMax = 1_000;

/**
 * Acknowledges messages that the server keeps until then, each when its listeners are done with it. A message that comes
 * again is handed to no listener while they work on it, or when they were done with it already.
 */
export class Acknowledgements {
  readonly #centrifuge: Centrifuge;
  readonly #running = new Set<string>();
  /** Oldest first. */
  readonly #handled = new Set<string>();

  constructor(centrifuge: Centrifuge) {
    this.#centrifuge = centrifuge;
  }

  /**
   * Runs the listeners of a message. It is acknowledged when all of them have returned, and their promises are fulfilled;
   * without a listener, or where one fails, the server sends it again. A failure is an `error` event of the stock client.
   */
  handle(id: string, listeners: readonly (() => unknown)[]): void {
    if (this.#handled.has(id)) void this.#acknowledge(id);
    else if (listeners.length > 0 && !this.#running.has(id)) void this.#run(id, listeners);
  }

  async #run(id: string, listeners: readonly (() => unknown)[]): Promise<void> {
    this.#running.add(id);
    // Each is called now, in its turn among the messages.
    const outcomes = await Promise.allSettled(listeners.map(async (listener) => listener()));
    this.#running.delete(id);
    const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    for (const reason of failures) {
      const message = `a listener failed: ${reason instanceof Error ? reason.message : String(reason)}`;
      this.#centrifuge.emit("error", { type: "listener", error: { code: 0, message } });
    }
    if (failures.length > 0) return;
    this.#handled.add(id);
    const [oldest] = this.#handled;
    if (this.#handled.size > handledMax && oldest !== undefined) this.#handled.delete(oldest);
    await this.#acknowledge(id);
  }

  async #acknowledge(id: string): Promise<void> {
    try {
      await this.#centrifuge.rpc(method, { ids: [id] });
    } catch {
      // The server sends the message again, and it is acknowledged then.
    }
  }
}
