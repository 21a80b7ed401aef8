import type { Speech } from "../speech/speech.ts";
import type { Api } from "./http-caller.ts";
import { HttpPublisher } from "./http-publisher.ts";
import { Publisher, type Publishing } from "./publisher.ts";
import { Receiver } from "./receiver.ts";
import { Room } from "./room.ts";

/** Connections that are opened at the same time, so that the server's accept queue does not overflow. */
const openingAtOnce = 128;

/** The same for a storm: as many as the accept queue of most servers takes. */
const stormAtOnce = 1_000;

/** One receiver of so many has its messages looked at, and no more than that many in all; the others are counted. */
const inspectedOneOf = 100;
const inspectedMax = 8;

/** How long after joining a fleet waits before it counts on everyone being in, in milliseconds. */
const settleMs = 200;

/** Where the load goes and how it is spoken. */
export interface FleetOptions {
  readonly port: number;
  readonly speech: Speech;
  readonly channels: readonly string[];
  readonly publishers: number;
  /** No delivery for this long, in milliseconds, means that something was lost; 10 s without. */
  readonly silenceMsMax?: number;
  /** Publishes come from a back end through this API instead of from clients. */
  readonly api?: Api;
}

/** Every connection that one load process has to one server. */
export class Fleet {
  readonly rooms: readonly Room[];
  readonly publishers: Publishing[] = [];
  readonly receivers: Receiver[] = [];
  /** Rejected when a client finds something wrong. */
  readonly failure = Promise.withResolvers<never>();
  readonly #options: FleetOptions;

  constructor(options: FleetOptions) {
    this.#options = options;
    // One room may have thousands of publications under way; of a thousand rooms each has but a few.
    const ring = options.channels.length === 1 ? 65_536 : 256;
    this.failure.promise.catch(() => {});
    this.rooms = options.channels.map((channel) => new Room(channel, ring));
  }

  get silenceMsMax(): number {
    return this.#options.silenceMsMax ?? 10_000;
  }

  get speech(): Speech {
    return this.#options.speech;
  }

  /** How many of the rooms are published into; the publishers of some protocols have one channel each. */
  get voices(): number {
    const { publishers, speech } = this.#options;
    return speech.bound ? Math.min(publishers, this.rooms.length) : this.rooms.length;
  }

  /** Opens the publishers; once. */
  async begin(): Promise<void> {
    for (let index = 0; index < this.#options.publishers; index++) {
      const channel = this.rooms[index % this.rooms.length]?.channel ?? "";
      this.publishers.push(await this.#publisher(channel));
    }
  }

  /** Opens or ends receivers until there are `count`, spread evenly over the rooms; returns how long it took, in ms. */
  async resize(count: number): Promise<number> {
    while (this.receivers.length > count) this.#remove();
    const began = performance.now();
    let wanted = count - this.receivers.length;
    const open = async () => {
      while (wanted > 0) {
        wanted -= 1;
        await this.#add();
      }
    };
    await Promise.all(Array.from({ length: Math.min(openingAtOnce, wanted) }, open));
    const took = performance.now() - began;
    await Bun.sleep(settleMs);
    return took;
  }

  /** Cuts every receiver and has them all come back at once; how long until each was back, in ms, ascending. */
  async storm(): Promise<number[]> {
    const count = this.receivers.length;
    await this.resize(0);
    const began = performance.now();
    const back: number[] = [];
    let wanted = count;
    const open = async () => {
      while (wanted > 0) {
        wanted -= 1;
        await this.#add();
        back.push(performance.now() - began);
      }
    };
    await Promise.all(Array.from({ length: stormAtOnce }, open));
    return back.sort((a, b) => a - b);
  }

  /** The receivers that look at their messages: some, evenly spread. */
  inspected(): Receiver[] {
    const count = Math.min(inspectedMax, Math.ceil(this.receivers.length / inspectedOneOf));
    const step = Math.floor(this.receivers.length / count);
    return this.receivers.filter((_, index) => index % step === 0).slice(0, count);
  }

  end(): void {
    for (const client of [...this.receivers, ...this.publishers]) client.leave();
    this.receivers.length = 0;
    this.publishers.length = 0;
  }

  async #publisher(channel: string): Promise<Publishing> {
    const { port, speech, api } = this.#options;
    if (api) {
      const publisher = new HttpPublisher(api, this.failure.reject);
      await publisher.open();
      return publisher;
    }
    const publisher = new Publisher(speech);
    await publisher.join({ port, speech, channel, role: "publisher", failed: this.failure.reject });
    return publisher;
  }

  async #add(): Promise<void> {
    const room = this.rooms[this.receivers.length % this.rooms.length];
    if (!room) throw new Error("a fleet without channels");
    const { port } = this.#options;
    const speech = this.#options.speech.receiver ?? this.#options.speech;
    const receiver = new Receiver(room, speech);
    this.receivers.push(receiver);
    await receiver.join({ port, speech, channel: room.channel, role: "receiver", failed: this.failure.reject });
  }

  #remove(): void {
    const receiver = this.receivers.pop();
    if (!receiver) return;
    receiver.room.size -= 1;
    receiver.leave();
  }
}
