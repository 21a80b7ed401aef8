import type { Hooks } from "./hooks.ts";

/** A channel with subscribers, or one whose last subscriber left a moment ago. */
interface Watched {
  subscribers: number;
  /** Cancels the end of the linger; null while there are subscribers. */
  cancelClose: (() => void) | null;
}

/** Tells the hooks of the first subscriber of a channel on this node, and when the last one has been gone for a while. */
export class ChannelWatch {
  readonly #hooks: Hooks;
  readonly #after: (delay: number, run: () => void) => () => void;
  readonly #channels = new Map<string, Watched>();

  /** `after` runs a task after so many milliseconds; what it returns cancels that. */
  constructor(hooks: Hooks, after: (delay: number, run: () => void) => () => void) {
    this.#hooks = hooks;
    this.#after = after;
  }

  /** A client has subscribed. */
  entered(channel: string): void {
    const known = this.#channels.get(channel);
    if (known) {
      known.cancelClose?.();
      known.cancelClose = null;
      known.subscribers += 1;
    } else if (this.#hooks.linger(channel) !== null) {
      this.#channels.set(channel, { subscribers: 1, cancelClose: null });
      this.#hooks.tell({ type: "channel.opened", channel });
    }
  }

  /** A client has left. */
  left(channel: string): void {
    const known = this.#channels.get(channel);
    if (!known) return;
    known.subscribers -= 1;
    if (known.subscribers > 0) return;
    const linger = this.#hooks.linger(channel) ?? 0;
    if (linger > 0) known.cancelClose = this.#after(linger, () => this.#close(channel));
    else this.#close(channel);
  }

  /** The server stops: all channels are closed. */
  closeAll(): void {
    for (const [channel, { cancelClose }] of [...this.#channels]) {
      cancelClose?.();
      this.#close(channel);
    }
  }

  #close(channel: string): void {
    this.#channels.delete(channel);
    this.#hooks.tell({ type: "channel.closed", channel });
  }
}
