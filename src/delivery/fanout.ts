import type { BrokerEvents } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { Frame } from "../core/frame.ts";
import type { Log } from "../core/log.ts";
import type { Publication } from "../core/publication.ts";
import { RatedLog } from "../core/rated-log.ts";
import type { PresencePush } from "../core/reply.ts";
import type { Socket } from "../core/socket.ts";
import type { Variant } from "../core/variant.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Encoding } from "../protocol/protocol.ts";
import { Frames } from "./frames.ts";
import type { Losses } from "./losses.ts";
import type { SlowWatch } from "./slow-consumers.ts";
import {
  type ChannelSubscribers,
  type DirectSubscriber,
  everyoneIn,
  type Group,
  type NativeSubscriber,
  type SubscriberTable,
  type VariantGroups,
} from "./subscribers.ts";

/**
 * The subscribers of a channel are looked through for slow ones at most this often, in milliseconds, because one stalled
 * client makes every native publish return -1; or after so many bytes, so that no queue grows far over its limit.
 */
const checkInterval = 100;
const checkBytes = 131_072;

/** One delivery of so many is timed. */
const samplesEvery = 64;

/** What the fan-out works with. */
export interface FanoutPorts {
  readonly subscribers: SubscriberTable;
  readonly slow: SlowWatch;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Log;
  /** Bun's native publish to all but `except`; 0 or less says that a subscriber may be slow. */
  publish(topic: string, frame: Frame, except: NativeSubscriber | null): number;
  /** When detached subscribers are notified that they have lost their position; null for at once. */
  readonly losses: Pick<Losses, "add"> | null;
}

/** What is the same for all groups that receive one publication. */
interface Delivery {
  readonly channel: string;
  readonly subscribers: ChannelSubscribers;
  /** Null where no frame can be wanted twice. */
  readonly frames: Frames | null;
  /** The socket that does not receive it. */
  readonly exclude: Socket | null;
  /** The variants and groups of a chain that no form or frame could be made for. */
  unwritten: ReadonlySet<object>;
}

const nothingUnwritten: ReadonlySet<object> = new Set();

/**
 * The last stage of the delivery path: nothing in it is an actor. A publication is encoded once per group, published by
 * Bun to the native subscribers and sent to each of the direct ones. 0.3 to 0.5 us of our own per publication beside a
 * bare `ws.publish` (measured); all else is Bun's.
 */
export class Fanout implements BrokerEvents {
  readonly #ports: FanoutPorts;
  readonly #poisons: RatedLog;

  constructor(ports: FanoutPorts) {
    this.#ports = ports;
    this.#poisons = new RatedLog("publication.poisoned", { ...ports, level: "error" });
  }

  deliver(channel: string, publication: Publication, exclude: Socket | null): void {
    const { counters, clock } = this.#ports;
    counters.publications += 1;
    if (counters.publications % samplesEvery !== 0) {
      this.#deliver(channel, publication, exclude);
      return;
    }
    const startedAt = clock.monotonic();
    this.#deliver(channel, publication, exclude);
    counters.deliveryDurations.observe(clock.monotonic() - startedAt);
  }

  #deliver(channel: string, publication: Publication, exclude: Socket | null): void {
    const subscribers = this.#ports.subscribers.get(channel);
    const counts = subscribers?.counts ?? this.#ports.counters.namespaces.of(channel);
    counts.publications += 1;
    if (!subscribers) return;
    const { variants } = subscribers;
    // With one variant no form is wanted twice in an encoding.
    const frames = variants.length > 1 ? new Frames() : null;
    const delivery: Delivery = { channel, subscribers, frames, exclude, unwritten: nothingUnwritten };
    let isChained = false;
    for (const each of variants) {
      const form = this.#select(each.variant, publication, delivery);
      if (form !== null) this.#deliverForm(delivery, form, each.groups);
      else if (each.variant.chain) delivery.unwritten = new Set([...delivery.unwritten, each]);
      isChained ||= each.variant.chain !== undefined;
    }
    if (isChained) this.#follow(delivery, variants, publication);
  }

  /** Moves the subscribers whose next form depends on what they have received. */
  #follow({ subscribers, exclude, unwritten }: Delivery, variants: readonly VariantGroups[], last: Publication): void {
    const table = this.#ports.subscribers;
    for (const from of variants) {
      const { chain } = from.variant;
      if (!chain) continue;
      for (const group of from.groups) {
        const hasMissed = unwritten.has(group) || unwritten.has(from);
        table.move(subscribers, { from, group, to: hasMissed ? chain.missed : chain.received }, exclude);
        if (exclude) table.moveOne(subscribers, { from, group, to: chain.missed }, exclude);
      }
    }
    subscribers.last = last;
  }

  /**
   * Detaches those that keep a position in another stream of the channel. Not left to their connections: one of them
   * may be executing the very command that had the publication committed, and would be notified after its delivery.
   */
  lost(channel: string, epoch: string): void {
    const subscribers = this.#ports.subscribers.get(channel);
    if (!subscribers) return;
    for (const [subscriber, { stream }] of everyoneIn(subscribers)) {
      if (stream === null || stream.epoch === epoch) continue;
      this.#ports.subscribers.detach(channel, subscriber);
      const tell = () => subscriber.lost(channel, epoch);
      if (this.#ports.losses) this.#ports.losses.add(tell);
      else tell();
    }
  }

  /** Sends a join or a leave to the subscribers that receive them. */
  announce(push: PresencePush): void {
    const subscribers = this.#ports.subscribers.get(push.channel);
    if (!subscribers) return;
    for (const group of subscribers.presence) {
      const frame = group.encoding.encodePresence(push);
      if (frame !== null) this.#handOver(subscribers, group, frame, null);
    }
  }

  #deliverForm(delivery: Delivery, form: Publication, groups: readonly Group[]): void {
    const { channel, subscribers, frames, exclude } = delivery;
    for (const group of groups) {
      const frame = this.#encode(form, channel, group.encoding, frames);
      if (frame === null) {
        delivery.unwritten = new Set([...delivery.unwritten, group]);
        continue;
      }
      const copies = this.#handOver(subscribers, group, frame, exclude);
      this.#ports.counters.deliveries += copies;
      subscribers.counts.deliveries += copies;
    }
  }

  #select(variant: Variant, publication: Publication, { channel, subscribers }: Delivery): Publication | null {
    try {
      return variant.select(channel, publication, subscribers.last);
    } catch (error) {
      return this.#poisoned(channel, "", error);
    }
  }

  /** A form that cannot be written is kept from the subscribers with this encoding alone. */
  #encode(form: Publication, channel: string, encoding: Encoding, frames: Frames | null): Frame | null {
    try {
      return frames ? frames.frameOf(form, channel, encoding) : encoding.encodePublication(channel, form);
    } catch (error) {
      return this.#poisoned(channel, encoding.dialect, error);
    }
  }

  #poisoned(channel: string, dialect: string, error: unknown): null {
    this.#ports.counters.errors += 1;
    this.#poisons.add(dialect, () => ({ channel, dialect, error: String(error) }));
    return null;
  }

  /** The number of subscribers that were sent the frame. */
  #handOver(
    subscribers: ChannelSubscribers,
    { natives, directs, topic }: Group,
    frame: Frame,
    exclude: Socket | null,
  ): number {
    const { counters } = this.#ports;
    const left = exclude !== null && isOneOf(natives, exclude) ? exclude : null;
    let copies = left ? natives.size - 1 : natives.size;
    if (copies > 0) {
      const status = this.#ports.publish(topic, frame, left);
      if (status <= 0) this.#lookThrough(subscribers, frame.length);
    }
    if (directs !== null) copies += this.#sendEach(directs.keys(), frame, exclude);
    counters.framesOut += copies;
    counters.bytesOut += frame.length * copies;
    return copies;
  }

  /** The number of direct subscribers that were sent the frame. */
  #sendEach(directs: Iterable<DirectSubscriber>, frame: Frame, exclude: object | null): number {
    let copies = 0;
    for (const subscriber of directs) {
      if (exclude === subscriber) continue;
      copies += 1;
      subscriber.send(frame);
    }
    return copies;
  }

  #lookThrough(subscribers: ChannelSubscribers, bytes: number): void {
    const now = this.#ports.clock.monotonic();
    subscribers.unchecked += bytes;
    if (now - subscribers.checkedAt < checkInterval && subscribers.unchecked < checkBytes) return;
    subscribers.checkedAt = now;
    subscribers.unchecked = 0;
    for (const [subscriber] of everyoneIn(subscribers)) this.#ports.slow.look(subscriber);
  }
}

/** A socket that is a key here is a native subscriber. */
function isOneOf(natives: ReadonlyMap<object, unknown>, socket: Socket): socket is Socket & NativeSubscriber {
  return natives.has(socket);
}
