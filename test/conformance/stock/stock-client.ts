import { Centrifuge, type Options, type Subscription, type SubscriptionOptions } from "centrifuge";
import { Inbox } from "../../support/inbox.ts";
import { patience } from "../../support/patience.ts";

/** One event that the stock client told of: `of` is the channel of a subscription, or "client". */
export interface StockEvent {
  readonly of: string;
  readonly event: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** It comes back at once, and gives nothing up because the machine is slow. */
const impatient = { minReconnectDelay: 1, maxReconnectDelay: 20, timeout: patience };

const clientEvents = [
  "connecting",
  "connected",
  "disconnected",
  "message",
  "error",
  "subscribed",
  "subscribing",
  "unsubscribed",
  "publication",
  "join",
  "leave",
] as const;

const subscriptionEvents = [
  "subscribing",
  "subscribed",
  "unsubscribed",
  "publication",
  "join",
  "leave",
  "error",
] as const;

/** The npm client `centrifuge`, used by its public API alone; what it tells of is handed out in its order. */
export class StockClient implements Disposable {
  readonly api: Centrifuge;
  readonly #inbox = new Inbox<StockEvent>("stock client", (event) => JSON.stringify(event));

  /** `url` is a WebSocket address without a path. */
  constructor(url: string, options: Partial<Options> = {}) {
    this.api = new Centrifuge(`${url}/connection/websocket`, { ...impatient, ...options });
    for (const event of clientEvents) {
      this.api.on(event, (context: object) => this.#inbox.push({ of: "client", event, context: { ...context } }));
    }
  }

  /** Connects, and waits until it is. */
  async connect(): Promise<this> {
    this.api.connect();
    await this.until("client", "connected");
    return this;
  }

  /** A subscription that was not begun yet; what it tells of is handed out too. */
  subscription(channel: string, options: Partial<SubscriptionOptions> = {}): Subscription {
    const subscription = this.api.newSubscription(channel, { minResubscribeDelay: 1, ...options });
    for (const event of subscriptionEvents) {
      subscription.on(event, (context: object) => this.#inbox.push({ of: channel, event, context: { ...context } }));
    }
    return subscription;
  }

  /** Subscribes, and waits until it is. */
  async subscribe(channel: string, options: Partial<SubscriptionOptions> = {}): Promise<Subscription> {
    const subscription = this.subscription(channel, options);
    subscription.subscribe();
    await this.until(channel, "subscribed");
    return subscription;
  }

  /** The next event, now or when it happens. */
  next(): Promise<StockEvent> {
    return this.#inbox.next();
  }

  /** Passes over events until this one, and answers with its context. */
  async until(of: string, event: string): Promise<StockEvent["context"]> {
    for (;;) {
      const next = await this.next();
      if (next.of === of && next.event === event) return next.context;
    }
  }

  /** The data of so many publications, which must be the very next events. */
  async publications(channel: string, count: number): Promise<unknown[]> {
    const data: unknown[] = [];
    while (data.length < count) {
      const { of, event, context } = await this.next();
      if (of !== channel || event !== "publication") throw new Error(`Expected a publication, got ${of} ${event}.`);
      data.push(context["data"]);
    }
    return data;
  }

  [Symbol.dispose](): void {
    this.api.disconnect();
  }
}
