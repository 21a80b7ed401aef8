import type { Frame } from "../core/frame.ts";
import type { Publication } from "../core/publication.ts";
import type { Attachment } from "../core/socket.ts";
import { type Variant, whole } from "../core/variant.ts";
import type { NamespaceCounters, NamespaceCounts } from "../metrics/counters-by-namespace.ts";
import type { Encoding } from "../protocol/protocol.ts";
import type { Consumer } from "./slow-consumers.ts";

/** What delivery knows of every subscriber, whatever carries its frames. */
interface AnySubscriber extends Consumer {
  readonly encoding: Encoding;
  /** It was detached from a channel, because its position there belongs to another stream than `epoch`. */
  lost(channel: string, epoch: string): void;
}

/** A socket of the runtime: the frames of a topic reach it without a call of ours. */
export interface NativeSubscriber extends AnySubscriber {
  readonly kind: "native";
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Publishes to all others on the topic: 0 or less says that one may be slow. Null: it is closed and on no topic. */
  publishToOthers(topic: string, frame: Frame): number | null;
}

/** A subscriber that is handed each frame: a stream over HTTP, an iterator of this process. */
export interface DirectSubscriber extends AnySubscriber {
  readonly kind: "direct";
  /** Takes a frame; it reports by itself where it holds something unsent. */
  send(frame: Frame): void;
}

/** A connection that receives channels. Only a protocol with an encoding has any. */
export type Subscriber = NativeSubscriber | DirectSubscriber;

/** Subscribers that get the same frames: the native ones by a topic, the direct ones each by a call. */
export interface Group {
  readonly encoding: Encoding;
  /**
   * The runtime's name for the native ones: an id and no name of ours, because the runtime takes names that differ in
   * lone surrogates for the same one (Bun 1.4.5).
   */
  readonly topic: string;
  readonly natives: Map<NativeSubscriber, Attachment>;
  /** Null while there are none, as in nearly all channels. */
  directs: Map<DirectSubscriber, Attachment> | null;
}

/** The subscribers of a channel with the same variant: one group per encoding. */
export interface VariantGroups {
  readonly variant: Variant;
  groups: readonly Group[];
}

/** All subscribers of one channel on this node. Lists are replaced and not changed: a delivery may be reading them. */
export interface ChannelSubscribers {
  variants: readonly VariantGroups[];
  /** The last publication, which the next one is a patch of: kept while a subscriber receives patches. */
  last: Publication | null;
  /** Those that also receive joins and leaves, one group per encoding. */
  presence: readonly Group[];
  /** When its subscribers were last looked through for slow ones, in monotonic milliseconds. */
  checkedAt: number;
  /** Bytes that each of them was sent since then, while one had not taken all. */
  unchecked: number;
  /** Those of its namespace, looked up once. */
  readonly counts: NamespaceCounts;
}

/** An empty list: shared by all channels. */
const none: readonly never[] = Object.freeze([]);

/** Who receives which channel. A channel has an entry while it has a subscriber. */
export class SubscriberTable {
  readonly #channels = new Map<string, ChannelSubscribers>();
  readonly #left: (channel: string) => void;
  readonly #namespaces: Pick<NamespaceCounters, "of">;
  /** Topics that were ever given out: none is used again. */
  #topics = 0;

  readonly #topicPrefix: string;

  /**
   * `left` is called when the last subscriber of a channel was detached. `topicPrefix` tells the topics of this table from
   * those of another one on the same listener.
   */
  constructor(left: (channel: string) => void, namespaces: Pick<NamespaceCounters, "of">, topicPrefix = "") {
    this.#left = left;
    this.#namespaces = namespaces;
    this.#topicPrefix = topicPrefix;
  }

  /** The subscribers of a channel, or undefined where it has none. */
  get(channel: string): ChannelSubscribers | undefined {
    return this.#channels.get(channel);
  }

  /** The names of the channels that have a subscriber. */
  channels(): Iterable<string> {
    return this.#channels.keys();
  }

  /** How many subscribers a channel has. */
  count(channel: string): number {
    const { variants } = this.#channels.get(channel) ?? { variants: none };
    let count = 0;
    for (const { groups } of variants) for (const group of groups) count += countOf(group);
    return count;
  }

  /** Whether a connection, named by its socket, is a subscriber of the channel. */
  includes(channel: string, socket: object): boolean {
    const { variants } = this.#channels.get(channel) ?? { variants: none };
    return variants.some(({ groups }) => groups.some((group) => hasSocket(group, socket)));
  }

  get size(): number {
    return this.#channels.size;
  }

  /** Adds a subscriber that is not in the channel yet. `base` is the last publication that it has, where that matters. */
  attach(subscriber: Subscriber, attachment: Attachment, base: Publication | null = null): void {
    const { channel, hearsJoinLeave, variant = whole } = attachment;
    const subscribers = this.#channels.get(channel) ?? this.#open(channel);
    const found = groupsOf(subscribers, base ? continued(subscribers, variant, base) : variant);
    found.groups = this.#add(found.groups, subscriber, attachment);
    if (hearsJoinLeave) subscribers.presence = this.#add(subscribers.presence, subscriber, attachment);
  }

  /** Removes a subscriber; one that is not in the channel is ignored. */
  detach(channel: string, subscriber: Subscriber): void {
    const subscribers = this.#channels.get(channel);
    if (!subscribers) return;
    subscribers.presence = without(subscribers.presence, subscriber);
    for (const each of subscribers.variants) each.groups = without(each.groups, subscriber);
    if (subscribers.variants.some(isEmpty)) {
      subscribers.variants = subscribers.variants.filter((each) => !isEmpty(each));
    }
    if (subscribers.variants.length > 0) return;
    this.#channels.delete(channel);
    this.#left(channel);
  }

  /** After a publication: moves the subscribers of a group to another variant, all but `except`. */
  move(subscribers: ChannelSubscribers, { from, group, to }: Move, except: object | null): void {
    if (from.variant.key === to.key) return;
    const target = groupsOf(subscribers, to);
    const isKnown = target.groups.some(({ encoding }) => encoding === group.encoding);
    // A group that moves as a whole keeps its topic, so that nothing is subscribed anew.
    if (!isKnown && !(except && hasSocket(group, except))) {
      from.groups = from.groups.filter((each) => each !== group);
      target.groups = [...target.groups, group];
    } else {
      for (const [subscriber, attachment] of everyoneOf(group)) {
        if (subscriber !== except) this.#moveOne(from, target, [subscriber, attachment]);
      }
    }
    subscribers.variants = subscribers.variants.filter((each) => !isEmpty(each));
  }

  /** The same for one subscriber, where it is in the group. */
  moveOne(subscribers: ChannelSubscribers, { from, group, to }: Move, one: object): void {
    if (from.variant.key === to.key || !hasSocket(group, one)) return;
    const member = everyoneOf(group).find(([subscriber]) => subscriber === one);
    if (member) this.#moveOne(from, groupsOf(subscribers, to), member);
    subscribers.variants = subscribers.variants.filter((each) => !isEmpty(each));
  }

  #moveOne(from: VariantGroups, target: VariantGroups, [subscriber, attachment]: [Subscriber, Attachment]): void {
    from.groups = without(from.groups, subscriber);
    target.groups = this.#add(target.groups, subscriber, attachment);
  }

  #open(channel: string): ChannelSubscribers {
    const opened: ChannelSubscribers = {
      variants: none,
      last: null,
      presence: none,
      checkedAt: 0,
      unchecked: 0,
      counts: this.#namespaces.of(channel),
    };
    this.#channels.set(channel, opened);
    return opened;
  }

  /** Adds a subscriber to the group of its encoding; returns the groups, with a new one where there was none. */
  #add(groups: readonly Group[], subscriber: Subscriber, attachment: Attachment): readonly Group[] {
    const { encoding } = subscriber;
    const known = groups.find((group) => group.encoding === encoding);
    const group = known ?? { encoding, topic: this.#nextTopic(), natives: new Map(), directs: null };
    add(group, subscriber, attachment);
    return known ? groups : [...groups, group];
  }

  #nextTopic(): string {
    this.#topics += 1;
    return this.#topicPrefix + String(this.#topics);
  }
}

/** The groups of a variant of the channel, with none in it where there were none. */
function groupsOf(subscribers: ChannelSubscribers, variant: Variant): VariantGroups {
  const known = subscribers.variants.find((each) => each.variant.key === variant.key);
  if (known) return known;
  const made = { variant, groups: none };
  subscribers.variants = [...subscribers.variants, made];
  return made;
}

/** The variant of a subscriber that has `base` already: a later one of the chain, where the next patch applies to it. */
function continued(subscribers: ChannelSubscribers, variant: Variant, base: Publication): Variant {
  const { received } = variant.chain ?? {};
  if (!received) return variant;
  const { variants, last } = subscribers;
  if (!variants.some((each) => each.variant.key === received.key)) subscribers.last = base;
  else if (!last || last.offset !== base.offset || last.epoch !== base.epoch) return variant;
  return received;
}

/** Where subscribers move. */
interface Move {
  readonly from: VariantGroups;
  readonly group: Group;
  readonly to: Variant;
}

function everyoneOf({ natives, directs }: Group): [Subscriber, Attachment][] {
  return [...natives, ...(directs ?? none)];
}

/** Every subscriber of a channel, with its attachment. */
export function* everyoneIn({ variants }: ChannelSubscribers): Generator<[Subscriber, Attachment]> {
  for (const { groups } of variants) {
    for (const { natives, directs } of groups) {
      yield* natives;
      if (directs) yield* directs;
    }
  }
}

function hasSocket(
  group: { natives: ReadonlyMap<object, unknown>; directs: ReadonlyMap<object, unknown> | null },
  socket: object,
) {
  return group.natives.has(socket) || (group.directs?.has(socket) ?? false);
}

function countOf({ natives, directs }: Group): number {
  return natives.size + (directs?.size ?? 0);
}

function isEmpty({ groups }: VariantGroups): boolean {
  return groups.length === 0;
}

function add(group: Group, subscriber: Subscriber, attachment: Attachment): void {
  if (subscriber.kind === "native") {
    group.natives.set(subscriber, attachment);
    subscriber.subscribe(group.topic);
  } else {
    group.directs ??= new Map();
    group.directs.set(subscriber, attachment);
  }
}

/** Removes a subscriber from its group; returns the groups, without one that is empty now. */
function without(groups: readonly Group[], subscriber: Subscriber): readonly Group[] {
  const group = groups.find((each) => remove(each, subscriber));
  return group && countOf(group) === 0 ? groups.filter((each) => each !== group) : groups;
}

/** False where the subscriber is not in the group. */
function remove({ natives, directs, topic }: Group, subscriber: Subscriber): boolean {
  if (subscriber.kind === "direct") return directs?.delete(subscriber) ?? false;
  if (!natives.delete(subscriber)) return false;
  subscriber.unsubscribe(topic);
  return true;
}
