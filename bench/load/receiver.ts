import type { Speech } from "../speech/speech.ts";
import { EventCount } from "../wire/event-count.ts";
import { FrameCount } from "../wire/frame-count.ts";
import { Inspector } from "../wire/inspector.ts";
import { OffsetInspector } from "../wire/offset-inspector.ts";
import { Client } from "./client.ts";
import type { Room } from "./room.ts";

/** A client that receives a channel, and counts. */
export class Receiver extends Client {
  readonly count: FrameCount | EventCount;
  readonly room: Room;
  #inspector: { feed(chunk: Buffer, total: number): void } | null = null;

  constructor(room: Room, { counting }: Pick<Speech, "counting">) {
    super();
    this.count = counting === "events" ? new EventCount() : new FrameCount();
    this.room = room;
    // Who comes late has missed what was published before: it counts on from there.
    this.count.total = room.sent;
    room.size += 1;
  }

  /** From here on looks into every message, whose payloads have this many bytes. */
  inspect(bytes: number): void {
    this.#inspector = new Inspector(this.count.total, bytes);
  }

  /** The same where several publish at a time: only the offsets say what comes next. */
  inspectOffsets(): void {
    this.#inspector = new OffsetInspector();
  }

  stopInspecting(): void {
    this.#inspector = null;
  }

  protected override take(chunk: Buffer): void {
    const now = Bun.nanoseconds();
    const from = this.count.total;
    const to = this.count.feed(chunk);
    if (to > from) this.room.arrived(from, to, now);
    this.#inspector?.feed(chunk, to);
  }
}
