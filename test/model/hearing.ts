import { isList, isObject, type Json, type JsonObject } from "../support/json.ts";
import { type ChannelName, channels } from "./steps.ts";
import { must, type Streams } from "./streams.ts";

/** Where a client stands in a stream. */
export interface Place {
  readonly epoch: string;
  offset: number;
}

/** A subscription that holds. */
export interface Held {
  readonly place: Place | null;
  /** When nothing more may come of it, in milliseconds of the run; null is never. */
  readonly endsAt: number | null;
}

/** What was asked with an id. */
export type Asked =
  | { readonly what: "publish"; readonly channel: ChannelName; readonly data: string }
  | {
      readonly what: "subscribe";
      readonly channel: ChannelName;
      readonly since: Place | null;
      readonly endsAt: number | null;
    }
  | { readonly what: "unsubscribe"; readonly channel: ChannelName }
  | { readonly what: "presence"; readonly channel: ChannelName }
  | { readonly what: "history"; readonly channel: ChannelName };

/** What the members of a run share. */
export interface Shared {
  readonly streams: Streams;
  /** Milliseconds of the run. */
  now(): number;
  /** Seconds since 1970 of the server's clock. */
  seconds(): number;
  /** A publication's data: never the same twice. */
  nextData(): string;
  /** What was acknowledged, with its channel; and what was refused, which nobody may ever see. */
  readonly acknowledged: Map<string, ChannelName>;
  readonly refused: Set<string>;
  /** What the witness heard of the channel that is not kept, since it is in it. */
  unkept: readonly string[];
  /** I7: these connections were said to be in a channel. */
  sawPresent(channel: ChannelName, clients: readonly string[]): void;
  /** Writes down a connection what ends the fence of its client; false where there is no such connection. */
  mark(client: string): boolean;
  /** The disk fails: a publish, and what would begin a stream, may be answered with error 100. */
  isFailing: boolean;
}

/** What one client makes of what it hears: it believes nothing that does not fit. */
export class Hearing {
  /** The channels that it wants to be in, and where it stood when it last heard of them. */
  readonly wanted = new Map<ChannelName, Place | null>();
  /** Those that it is in. */
  readonly held = new Map<ChannelName, Held>();
  readonly #user: string;
  readonly #isAllowed: boolean;
  readonly #shared: Shared;
  /** What it heard of the channel that is not kept, since it is in it. */
  #unkeptHeard: string[] = [];

  constructor(user: string, isAllowed: boolean, shared: Shared) {
    this.#user = user;
    this.#isAllowed = isAllowed;
    this.#shared = shared;
  }

  /** What it heard of the channel that is not kept, since it is in it. */
  get unkept(): readonly string[] {
    return this.#unkeptHeard;
  }

  /** Its connection is gone, and every subscription with it. */
  lost(): void {
    this.held.clear();
    this.#unkeptHeard = [];
  }

  /** What has to be true when all is quiet: nothing is missing of what it is in, and nothing lasts too long (I3, I8). */
  rest(): void {
    const { streams } = this.#shared;
    const now = this.#shared.now();
    this.#restUnkept();
    for (const [channel, { place, endsAt }] of this.held) {
      must(endsAt === null || now < endsAt, "I8", `${this.#user} keeps ${channel} after its token`);
      const stream = place && streams.current(channel);
      if (!place || !stream) continue;
      const isTold = stream.epoch === place.epoch || stream.published.length === 0;
      must(isTold, "I3", `${this.#user} was not told that its place in ${channel} is lost`);
      if (stream.epoch !== place.epoch) continue;
      const top = stream.published.length;
      must(place.offset === top, "I3", `${this.#user} is at ${place.offset} of ${channel}, whose top is ${top}`);
    }
  }

  /** Nothing is kept of it: from where one came in, one hears the same as the witness, to the end (I3, I4, I5). */
  #restUnkept(): void {
    const [first] = this.#unkeptHeard;
    if (first === undefined) return;
    const { unkept } = this.#shared;
    const expected = unkept.slice(unkept.indexOf(first)).join();
    const heard = this.#unkeptHeard.join();
    must(heard === expected, "I5", `${this.#user} heard ${heard} of the channel that is not kept, and not ${expected}`);
  }

  push({ channel: name, pub, unsubscribe }: JsonObject): void {
    const channel = channels.find((each) => each === name);
    if (channel === undefined) throw new Error(`There is no channel ${JSON.stringify(name)}.`);
    if (isObject(unsubscribe)) {
      this.#left(channel);
      if (Number(unsubscribe["code"]) < 2_500) this.wanted.delete(channel);
    }
    if (isObject(pub)) this.#hearPublication(channel, pub);
  }

  /** I3, I4 and I8: what comes is for one who may have it, and is the very next. */
  #hearPublication(channel: ChannelName, { data: raw, offset, epoch }: JsonObject): void {
    const data = String(raw);
    const held = this.held.get(channel);
    must(held !== undefined, "I8", `${this.#user} got ${data} of ${channel}, and is not in it`);
    must(this.#isAllowed || channel !== "closed:a", "I8", `${this.#user} got ${data} of ${channel}`);
    must(!this.#shared.refused.has(data), "I1", `${data} was refused, and ${this.#user} got it`);
    const late = held?.endsAt ?? Number.POSITIVE_INFINITY;
    must(this.#shared.now() < late, "I8", `${this.#user} got ${data} of ${channel} after its token`);
    const place = held?.place;
    if (!place) {
      this.#unkeptHeard.push(data);
      return;
    }
    const isOfItsStream = epoch === undefined || epoch === place.epoch;
    must(isOfItsStream, "I3", `${this.#user} got ${data} of another stream of ${channel} than its own`);
    must(offset === place.offset + 1, "I3", `${this.#user} is at ${place.offset} of ${channel}, and got ${offset}`);
    place.offset += 1;
    this.#shared.streams.saw(channel, place.epoch, place.offset, data);
  }

  #left(channel: ChannelName): void {
    this.held.delete(channel);
    if (channel === "unkept:a") this.#unkeptHeard = [];
  }

  error(asked: Asked, code: number): void {
    const what = `${this.#user}'s ${asked.what} of ${asked.channel} is error ${code}`;
    if (asked.what === "publish") {
      this.#shared.refused.add(asked.data);
      must(!this.#shared.streams.has(asked.data), "I1", `${asked.data} was refused, and somebody got it`);
      must(code === 103 || (code === 100 && this.#shared.isFailing), "I1", what);
      return;
    }
    if (code === 100 && (asked.what === "subscribe" || asked.what === "history")) {
      // What is kept is read from a disk that takes nothing; only what would have to be begun is refused.
      const isBegun = asked.channel === "unkept:a" || !this.#shared.streams.isPerhapsOver(asked.channel);
      must(this.#shared.isFailing && !isBegun, "I1", what);
      return;
    }
    must(asked.what === "subscribe" && (code === 103 || code === 105), "I8", what);
    if (code !== 103) return;
    must(!this.#isAllowed || asked.channel !== "closed:a", "I8", what);
    this.wanted.delete(asked.channel);
  }

  answer(asked: Asked, reply: JsonObject): void {
    const result = reply[asked.what];
    if (!isObject(result)) throw new Error(`No answer to ${asked.what}: ${JSON.stringify(reply)}`);
    switch (asked.what) {
      case "publish":
        this.#shared.acknowledged.set(asked.data, asked.channel);
        return;
      case "subscribe":
        this.#hearSubscribed(asked, result);
        return;
      case "unsubscribe":
        this.#left(asked.channel);
        return;
      case "history":
        this.#hearHistory(asked.channel, result);
        return;
      case "presence":
        this.#shared.sawPresent(asked.channel, Object.keys(result["presence"] ?? {}));
    }
  }

  /** P4: recovered is all or nothing, and true where, and only where, nothing can be missing. */
  #hearSubscribed({ channel, since, endsAt }: Extract<Asked, { what: "subscribe" }>, result: JsonObject): void {
    must(this.#isAllowed || channel !== "closed:a", "I8", `${this.#user} is in ${channel}`);
    if (channel === "unkept:a") {
      this.#unkeptHeard = [];
      this.held.set(channel, { place: null, endsAt });
      this.wanted.set(channel, null);
      return;
    }
    const { streams } = this.#shared;
    const epoch = String(result["epoch"]);
    const publications = listOf(result["publications"]);
    const isRecovered = result["recovered"] === true;
    const stream = streams.open(channel, epoch);
    const place: Place = { epoch, offset: Number(result["offset"] ?? 0) };
    const top = place.offset + publications.length;
    if (since) {
      const isKept = since.offset === top || since.offset + 1 >= streams.firstAt(stream, top);
      const isPossible = since.epoch === epoch && since.offset <= top && isKept;
      const where = `${this.#user} from ${since.offset} of ${channel}, whose top is ${top}`;
      must(isRecovered === isPossible, "I3", `recovered is ${isRecovered} for ${where}`);
      must(!isRecovered || place.offset === since.offset, "I3", `recovered to ${place.offset} for ${where}`);
    }
    must(isRecovered || publications.length === 0, "I3", `publications without recovery in ${channel}`);
    this.held.set(channel, { place, endsAt });
    this.wanted.set(channel, place);
    for (const each of publications) this.#hearPublication(channel, each);
  }

  /** I1 and I2: what is kept is the end of what was seen, as long as it may be. */
  #hearHistory(channel: ChannelName, result: JsonObject): void {
    const { streams } = this.#shared;
    const epoch = String(result["epoch"]);
    const top = Number(result["offset"] ?? 0);
    const stream = streams.open(channel, epoch);
    const kept = listOf(result["publications"]);
    for (const { offset, data } of kept) streams.saw(channel, epoch, Number(offset), String(data));
    must(stream.published.length <= top, "I1", `the top of ${channel} is ${top}, and more was seen`);
    const expected = Array.from({ length: top }, (_, index) => index + 1).slice(streams.firstAt(stream, top) - 1);
    const offsets = kept.map(({ offset }) => Number(offset));
    must(offsets.join() === expected.join(), "I1", `${channel} keeps ${offsets.join()}, and not ${expected.join()}`);
  }
}

function listOf(value: Json | undefined): JsonObject[] {
  return isList(value) ? value.filter(isObject) : [];
}
