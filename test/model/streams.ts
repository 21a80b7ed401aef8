import type { ChannelName, World } from "./steps.ts";

/** After these many milliseconds without a publication all of a channel's go. */
export const historyTtl = 4_000;
/** After these many without a publication and without a reader the stream itself is forgotten. */
const shortMetaTtl = 8_000;
const lastingMetaTtl = 3_600_000;

export function metaTtlOf({ lasting }: World): number {
  return lasting ? lastingMetaTtl : shortMetaTtl;
}

/** A rule that was broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Fails the run where something does not hold; `rule` is one of the invariants. */
export function must(holds: boolean, rule: string, what: string): void {
  if (!holds) throw new Violation(`${rule}: ${what}`);
}

/** One stream as it ought to be: a list that is only ever added to. */
interface Reference {
  readonly epoch: string;
  /** By offset less one; null is a publication that nobody has seen yet. */
  readonly published: (string | null)[];
  /** Publications up to this offset were removed, or have expired. */
  gone: number;
  /** When the last one was published, and when anything was last done with the stream. */
  publishedAt: number;
  touchedAt: number;
  /** When one may have joined whose line was cut before the answer: nobody knows whether the stream lives by that. */
  perhapsTouchedAt: number;
  /** It may have been lost: the next one who joins or publishes may begin another. */
  isPerhapsLost: boolean;
  /** How often the broker has lost it, and what followed it, before any of these was seen. */
  losses: number;
}

/**
 * What every channel that is kept holds, as anyone can know it from outside: lists of what was seen, and how much of
 * them is left. It shares nothing with the broker.
 */
export class Streams {
  readonly #world: World;
  readonly #streams = new Map<ChannelName, Reference>();
  /** Every epoch that ever was, by channel: none comes back. */
  readonly #epochs = new Set<string>();
  /** Streams that another has followed since all was quiet: an answer from before that may be heard after it. */
  readonly #followed = new Map<string, Reference>();
  /** The channel of everything that was seen: each is in one stream, at one offset. */
  readonly #places = new Map<string, string>();
  now = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** The stream that there has to be for one who joins or reads: its own time begins anew. */
  open(channel: ChannelName, epoch: string): Reference {
    const followed = this.#followed.get(`${channel} ${epoch}`);
    if (followed) return followed;
    const known = this.current(channel);
    if (known === null || (known.epoch !== epoch && this.isPerhapsOver(channel))) {
      must(!this.#epochs.has(`${channel} ${epoch}`), "I2", `the epoch ${epoch} of ${channel} has come back`);
      return this.#begin(channel, epoch);
    }
    known.isPerhapsLost = false;
    must(known.epoch === epoch, "I2", `${channel} has the epoch ${epoch}, and ${known.epoch} is not over`);
    known.touchedAt = this.now;
    return known;
  }

  /** All is quiet: what was said of streams that have ended was heard. */
  settle(): void {
    this.#followed.clear();
  }

  /** Whether the next one who joins or publishes may be the one who begins it. */
  isPerhapsOver(channel: ChannelName): boolean {
    const known = this.current(channel);
    return (
      known === null || known.isPerhapsLost || known.losses > 0 || this.now >= known.touchedAt + metaTtlOf(this.#world)
    );
  }

  /** The stream as it is now; null where there is none, or it is forgotten. */
  current(channel: ChannelName): Reference | null {
    const stream = this.#streams.get(channel);
    if (!stream) return null;
    if (this.now >= Math.max(stream.touchedAt, stream.perhapsTouchedAt) + metaTtlOf(this.#world)) {
      this.#streams.delete(channel);
      return null;
    }
    if (this.now >= stream.publishedAt + historyTtl) stream.gone = stream.published.length;
    return stream;
  }

  /** Somebody saw a publication there: I2 and I5, one publication at one offset, and everyone sees the same. */
  saw(channel: ChannelName, epoch: string, offset: number, data: string): void {
    const stream = this.current(channel);
    // A stream that has ended is not looked into again; what was seen of it was checked while it was there.
    if (stream?.epoch !== epoch) return;
    const place = `${channel} ${epoch} ${offset}`;
    must((this.#places.get(data) ?? place) === place, "I2", `${data} is at ${place} and at ${this.#places.get(data)}`);
    this.#places.set(data, place);
    while (stream.published.length < offset) this.#append(stream);
    const known = stream.published[offset - 1] ?? data;
    must(known === data, "I5", `${place} is ${data} for one and ${known} for another`);
    stream.published[offset - 1] = data;
  }

  /** The first offset that is kept while the top is there. */
  firstAt(stream: Reference, top: number): number {
    return Math.max(top - this.#world.size, stream.gone) + 1;
  }

  /** One has asked to join whose line was cut before the answer. */
  perhapsJoined(channel: ChannelName): void {
    const stream = this.current(channel);
    if (stream) stream.perhapsTouchedAt = this.now;
  }

  remove(channel: ChannelName): void {
    const stream = this.current(channel);
    if (stream) stream.gone = stream.published.length;
  }

  /** Whether a publication was seen by anybody. */
  has(data: string): boolean {
    return this.#places.has(data);
  }

  /** How many publications of a channel nobody has seen: a crash may keep them from everyone, and history forget them. */
  unknownIn(channel: ChannelName): number {
    return this.current(channel)?.published.filter((data) => data === null).length ?? 0;
  }

  /** The process has ended: the epoch of a stream that nobody has seen a publication of may have been in its memory. */
  restarted(): void {
    for (const stream of this.#streams.values()) stream.isPerhapsLost ||= stream.published.length === 0;
  }

  /** The broker has lost the stream: what was seen of it stays true. */
  lose(channel: ChannelName): void {
    const stream = this.current(channel);
    if (stream) stream.losses += 1;
  }

  /** The process has ended, and took what was in its memory with it. */
  forgetAll(): void {
    this.#streams.clear();
  }

  #begin(channel: ChannelName, epoch: string): Reference {
    this.#epochs.add(`${channel} ${epoch}`);
    const times = { publishedAt: this.now, touchedAt: this.now, perhapsTouchedAt: this.now };
    const before = this.#streams.get(channel);
    if (before) this.#followed.set(`${channel} ${before.epoch}`, before);
    const losses = Math.max((before?.losses ?? 0) - 1, 0);
    const stream = { epoch, published: [], gone: 0, isPerhapsLost: false, losses, ...times };
    this.#streams.set(channel, stream);
    return stream;
  }

  #append(stream: Reference): void {
    stream.published.push(null);
    stream.publishedAt = this.now;
    stream.touchedAt = this.now;
  }
}
