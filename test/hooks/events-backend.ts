import { Inbox } from "../support/inbox.ts";

interface Told {
  readonly type: string;
  readonly id?: string;
  readonly client?: string;
  readonly count?: number;
  readonly previous?: string;
  readonly [field: string]: unknown;
}

/** A back end that receives events, and acknowledges them or not. */
export class EventsBackend {
  readonly requests = new Inbox<readonly Told[]>("requests of events", (events) => JSON.stringify(events));
  status = 200;
  body: string | null = null;
  /** What its answers wait for. */
  held: Promise<void> = Promise.resolve();
  readonly #server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { events } = (await request.json()) as { events: readonly Told[] };
      const { status } = this;
      this.requests.push(events);
      await this.held;
      return new Response(this.body, { status });
    },
  });
  readonly url = this.#server.url.href;

  /** The next request's events, but for the one of the start. */
  async next(): Promise<readonly Told[]> {
    const events = (await this.requests.next()).filter(({ type }) => type !== "node_started");
    return events.length > 0 ? events : this.next();
  }

  stop(): Promise<void> {
    return this.#server.stop(true);
  }
}
