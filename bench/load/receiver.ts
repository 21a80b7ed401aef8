import { FrameCount } from "../wire/frame-count.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import { payloadOf } from "../wire/payload.ts";
import { Client } from "./client.ts";
import type { Room } from "./room.ts";

/** Looks at every message of one receiver: each must hold the payload with the number that is due. */
class Inspector {
  readonly #reader = new FrameReader();
  #next: number;
  readonly #bytes: number;

  constructor(next: number, bytes: number) {
    this.#next = next;
    this.#bytes = bytes;
  }

  feed(chunk: Buffer): void {
    for (const frame of this.#reader.feed(chunk)) {
      for (const message of frame.payload.toString("latin1").split("\n")) {
        const due = payloadOf(this.#next, this.#bytes);
        if (!message.includes(due)) throw new Error(`expected publication ${this.#next}, got ${message.slice(0, 200)}`);
        this.#next += 1;
      }
    }
  }
}

/** A client that receives a channel, and counts. */
export class Receiver extends Client {
  readonly count = new FrameCount();
  #inspector: Inspector | null = null;

  readonly room: Room;

  constructor(room: Room) {
    super();
    this.room = room;
    // Who comes late has missed what was published before: it counts on from there.
    this.count.total = room.sent;
    room.size += 1;
  }

  /** From here on looks into every message, whose payloads have this many bytes. */
  inspect(bytes: number): void {
    this.#inspector = new Inspector(this.count.total, bytes);
  }

  stopInspecting(): void {
    this.#inspector = null;
  }

  protected override take(chunk: Buffer): void {
    const now = Bun.nanoseconds();
    const from = this.count.total;
    const to = this.count.feed(chunk);
    if (to > from) this.room.arrived(from, to, now);
    this.#inspector?.feed(chunk);
  }
}
