import type { Attachment } from "../core/socket.ts";
import type { BunSocket } from "./socket.ts";

/** Everyone who receives one channel on this node. */
export interface Audience {
  readonly plain: Map<BunSocket, Attachment>;
  readonly centrifuge: Map<BunSocket, Attachment>;
  /** How many of `centrifuge` also hear who comes and goes. */
  joinLeave: number;
  /** Bun's topics, one per dialect, and one for joins and leaves. Kept, so that a delivery joins no strings. */
  readonly topics: { readonly plain: string; readonly centrifuge: string; readonly joinLeave: string };
  /** When its sockets were last looked through for slow ones, in monotonic milliseconds. */
  checkedAt: number;
  /** Bytes that each of them was sent since then, while somebody had not taken all. */
  unchecked: number;
}

/**
 * Who receives which channel: Bun's topics do the fan-out, and these maps know for whom. A channel exists while it has
 * an audience.
 */
export class Audiences {
  readonly #audiences = new Map<string, Audience>();

  /** The audience of a channel, or undefined where nobody listens. */
  get(channel: string): Audience | undefined {
    return this.#audiences.get(channel);
  }

  /** Every channel with an audience. */
  entries(): IterableIterator<[string, Audience]> {
    return this.#audiences.entries();
  }

  get size(): number {
    return this.#audiences.size;
  }

  attach(socket: BunSocket, attachment: Attachment): void {
    const { channel } = attachment;
    let audience = this.#audiences.get(channel);
    if (!audience) {
      audience = open(channel);
      this.#audiences.set(channel, audience);
    }
    const dialect = socket.dialect === "plain" ? "plain" : "centrifuge";
    audience[dialect].set(socket, attachment);
    socket.ws?.subscribe(audience.topics[dialect]);
    if (!attachment.hearsJoinLeave) return;
    audience.joinLeave += 1;
    socket.ws?.subscribe(audience.topics.joinLeave);
  }

  detach(channel: string, socket: BunSocket): void {
    const audience = this.#audiences.get(channel);
    const dialect = socket.dialect === "plain" ? "plain" : "centrifuge";
    const attachment = audience?.[dialect].get(socket);
    if (!audience || !attachment) return;
    audience[dialect].delete(socket);
    socket.ws?.unsubscribe(audience.topics[dialect]);
    if (attachment.hearsJoinLeave) {
      audience.joinLeave -= 1;
      socket.ws?.unsubscribe(audience.topics.joinLeave);
    }
    if (audience.plain.size === 0 && audience.centrifuge.size === 0) this.#audiences.delete(channel);
  }
}

function open(channel: string): Audience {
  return {
    plain: new Map(),
    centrifuge: new Map(),
    joinLeave: 0,
    topics: { plain: `p:${channel}`, centrifuge: `c:${channel}`, joinLeave: `j:${channel}` },
    checkedAt: 0,
    unchecked: 0,
  };
}
