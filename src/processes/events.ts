import * as v from "valibot";
import type { Clock } from "../core/clock.ts";
import { untoldUnsubscribes } from "../core/unsubscribes.ts";
import { readEvent, type ToldEvent } from "../hooks/events/event.ts";
import type { EventHooks } from "../hooks/events/event-hooks.ts";
import type { LifecycleEvent } from "../hooks/hooks.ts";
import { kinds } from "./kinds.ts";
import type { Link } from "./link.ts";
import { readJson, writeJson } from "./messages.ts";

const text = v.optional(v.string());
const number = v.optional(v.number());

const told = v.object({
  kind: v.picklist(["connected", "disconnect", "unsubscribe", "channel_state"]),
  fields: v.object({
    type: v.string(),
    client: text,
    user: text,
    channel: text,
    code: number,
    reason: text,
    duration_ms: number,
  }),
});

/** What back ends are told of a channel. */
interface ToldChannels {
  /** See `Hooks.linger`. */
  linger(channel: string): number | null;
  /** A back end receives the ends of subscriptions. */
  tellsUnsubscribe(channel: string): boolean;
}

/** Events for back ends, as a worker tells them to its parent, which has the outbox. */
export class ParentEvents {
  readonly #link: Link;
  readonly #channels: ToldChannels;

  constructor(link: Link, channels: ToldChannels) {
    this.#link = link;
    this.#channels = channels;
  }

  tell(event: LifecycleEvent): void {
    const read = event.type === "subscribed" ? this.#subscription(event) : readEvent(event);
    if (read !== null) this.#link.tell(kinds.event, writeJson(read));
  }

  linger(channel: string): number | null {
    return this.#channels.linger(channel);
  }

  /** The parent counts. */
  statistics(): readonly [] {
    return [];
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}

  /** For the parent alone: it reports the end of the subscription where this worker is killed. */
  #subscription({ client, channel }: Extract<LifecycleEvent, { type: "subscribed" }>): ToldEvent | null {
    if (!this.#channels.tellsUnsubscribe(channel)) return null;
    return { kind: "unsubscribe", fields: { type: "subscribed", client: client.id, user: client.user, channel } };
  }
}

/** What a worker has reported. */
interface Known {
  readonly connections: Map<string, { readonly user: string; readonly since: number }>;
  /** Subscriptions whose end a back end receives, by client and channel. */
  readonly subscriptions: Map<string, { readonly client: string; readonly user: string; readonly channel: string }>;
  readonly channels: Set<string>;
}

/** The parent's side: a channel is open while it is open in a worker, and what a worker still has at its end ends with it. */
export class EventRelay {
  readonly #events: () => Pick<EventHooks, "told"> | null;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #workers = new Map<Link, Known>();

  constructor(events: () => Pick<EventHooks, "told"> | null, clock: Pick<Clock, "monotonic">) {
    this.#events = events;
    this.#clock = clock;
  }

  serve(link: Link): void {
    const known: Known = { connections: new Map(), subscriptions: new Map(), channels: new Set() };
    this.#workers.set(link, known);
    link.onTold(kinds.event, (body) => this.#told(known, readJson(body, told) as ToldEvent));
  }

  forget(link: Link): void {
    const known = this.#workers.get(link);
    if (!known) return;
    for (const subscription of known.subscriptions.values()) {
      const fields = { type: "unsubscribe", ...subscription, ...untoldUnsubscribes.disconnected };
      this.#events()?.told({ kind: "unsubscribe", fields });
    }
    for (const [client, { user, since }] of known.connections) {
      const duration_ms = Math.round(this.#clock.monotonic() - since);
      const fields = { type: "disconnect", client, user, code: 1_006, reason: "the worker has ended", duration_ms };
      this.#events()?.told({ kind: "disconnect", fields });
    }
    for (const channel of [...known.channels]) this.#closed(known, channel);
    this.#workers.delete(link);
  }

  #told(known: Known, event: ToldEvent): void {
    const { type, client = "", user = "", channel = "" } = event.fields;
    if (type === "channel_opened") this.#opened(known, channel);
    else if (type === "subscribed") known.subscriptions.set(keyOf(client, channel), { client, user, channel });
    else if (type === "channel_closed") this.#closed(known, channel);
    else {
      if (type === "connected") known.connections.set(client, { user, since: this.#clock.monotonic() });
      else if (type === "disconnect") known.connections.delete(client);
      else known.subscriptions.delete(keyOf(client, channel));
      this.#events()?.told(event);
    }
  }

  #opened(known: Known, channel: string): void {
    const isOpen = this.#isOpen(channel);
    known.channels.add(channel);
    if (!isOpen) this.#tell("channel_opened", channel);
  }

  #closed(known: Known, channel: string): void {
    if (known.channels.delete(channel) && !this.#isOpen(channel)) this.#tell("channel_closed", channel);
  }

  #isOpen(channel: string): boolean {
    return [...this.#workers.values()].some(({ channels }) => channels.has(channel));
  }

  #tell(type: string, channel: string): void {
    this.#events()?.told({ kind: "channel_state", fields: { type, channel } });
  }
}

/** The id of a client has no blank. */
function keyOf(client: string, channel: string): string {
  return `${client} ${channel}`;
}
