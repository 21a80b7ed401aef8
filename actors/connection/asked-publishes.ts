import type { Draft } from "../../src/broker/broker.ts";
import { payloadSize } from "../../src/core/payload.ts";
import type { SealedPayload } from "../../src/core/sealed.ts";

/** A publish that a hook decides. */
export interface AskedPublish {
  /** The command to answer, and the place of its answer among those of other publishes; null: its client reads none. */
  readonly answer: { readonly id: number; readonly number: number } | null;
  readonly draft: Omit<Draft, "data">;
  readonly data: SealedPayload;
  /** The publisher as a subscriber of the channel; null where it is none. */
  readonly member: { readonly info?: string } | null;
}

/**
 * The publishes of one connection that hooks decide: one at a time, in their order. The connection's machine takes no
 * part: a publish counts as unanswered meanwhile, and what has to wait for publishes waits for these too.
 */
export class AskedPublishes {
  #waiting: AskedPublish[] = [];
  #bytes = 0;
  /** The one that a hook is deciding. */
  running: AskedPublish | null = null;

  /** Whether one more may wait. */
  takes({ data }: AskedPublish, { commands, bytes }: { readonly commands: number; readonly bytes: number }): boolean {
    return this.#waiting.length < commands && this.#bytes + payloadSize(data.read()) <= bytes;
  }

  add(asked: AskedPublish): void {
    this.#waiting.push(asked);
    this.#bytes += payloadSize(asked.data.read());
  }

  /** The next one, which is running from here on; undefined where none waits. */
  next(): AskedPublish | undefined {
    const next = this.#waiting.shift();
    this.running = next ?? null;
    if (next) this.#bytes -= payloadSize(next.data.read());
    return next;
  }

  /** All that are not decided, the running one first: none of them will be. */
  clear(): readonly AskedPublish[] {
    const all = this.running ? [this.running, ...this.#waiting] : this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.running = null;
    return all;
  }
}
