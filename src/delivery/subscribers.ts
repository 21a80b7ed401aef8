import type { Attachment } from "../core/socket.ts";
import type { BunSocket } from "../sockets/socket.ts";

/** Everyone who receives one channel on this node. */
export interface ChannelSubscribers {
  readonly plain: Map<BunSocket, Attachment>;
  readonly centrifuge: Map<BunSocket, Attachment>;
  /** How many of `centrifuge` also hear who comes and goes. */
  joinLeave: number;
  /** Bun's topics, one per protocol, and one for joins and leaves. Kept, so that a delivery joins no strings. */
  readonly topics: { readonly plain: string; readonly centrifuge: string; readonly joinLeave: string };
  /** When its sockets were last looked through for slow ones, in monotonic milliseconds. */
  checkedAt: number;
  /** Bytes that each of them was sent since then, while somebody had not taken all. */
  unchecked: number;
}

/**
 * Who receives which channel: Bun's topics do the fan-out, and these maps know for whom. A channel exists while it has
 * an subscribers.
 */
export class SubscriberTable {
  readonly #subscribers = new Map<string, ChannelSubscribers>();
  readonly #left: (channel: string) => void;

  /** `left` is called when the last subscriber of a channel was detached. */
  constructor(left: (channel: string) => void) {
    this.#left = left;
  }

  /** The subscribers of a channel, or undefined where nobody listens. */
  get(channel: string): ChannelSubscribers | undefined {
    return this.#subscribers.get(channel);
  }

  /** Every channel with an subscribers. */
  entries(): IterableIterator<[string, ChannelSubscribers]> {
    return this.#subscribers.entries();
  }

  get size(): number {
    return this.#subscribers.size;
  }

  attach(socket: BunSocket, attachment: Attachment): void {
    const { channel } = attachment;
    let subscribers = this.#subscribers.get(channel);
    if (!subscribers) {
      subscribers = open(channel);
      this.#subscribers.set(channel, subscribers);
    }
    const protocol = socket.protocol === "plain" ? "plain" : "centrifuge";
    subscribers[protocol].set(socket, attachment);
    socket.ws?.subscribe(subscribers.topics[protocol]);
    if (!attachment.hearsJoinLeave) return;
    subscribers.joinLeave += 1;
    socket.ws?.subscribe(subscribers.topics.joinLeave);
  }

  detach(channel: string, socket: BunSocket): void {
    const subscribers = this.#subscribers.get(channel);
    const protocol = socket.protocol === "plain" ? "plain" : "centrifuge";
    const attachment = subscribers?.[protocol].get(socket);
    if (!subscribers || !attachment) return;
    subscribers[protocol].delete(socket);
    socket.ws?.unsubscribe(subscribers.topics[protocol]);
    if (attachment.hearsJoinLeave) {
      subscribers.joinLeave -= 1;
      socket.ws?.unsubscribe(subscribers.topics.joinLeave);
    }
    if (subscribers.plain.size > 0 || subscribers.centrifuge.size > 0) return;
    this.#subscribers.delete(channel);
    this.#left(channel);
  }
}

function open(channel: string): ChannelSubscribers {
  return {
    plain: new Map(),
    centrifuge: new Map(),
    joinLeave: 0,
    topics: { plain: `p:${channel}`, centrifuge: `c:${channel}`, joinLeave: `j:${channel}` },
    checkedAt: 0,
    unchecked: 0,
  };
}
