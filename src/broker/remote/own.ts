import type { Position } from "../../core/publication.ts";
import type { Draft, Outcome } from "../broker.ts";
import { publicationOf } from "../local/publication.ts";
import type { Arrival } from "./arrival.ts";
import type { Message } from "./engine.ts";
import type { Waiting } from "./in-time.ts";

/** A publish of this node, from its call until nothing more can come of it. */
export interface Own extends Waiting {
  readonly id: string;
  readonly draft: Draft;
  /** Null once it was called. */
  done: ((outcome: Outcome) => void) | null;
  /** Its position, once the engine has answered. */
  position: Position | null;
  isAnswered: boolean;
  isDelivered: boolean;
  /** Its message has come, or none is expected. */
  isHeard: boolean;
}

/** Milliseconds after which no message of a publish is expected any more. */
const expectedMs = 30_000;

/** The publishes of this node that are not settled, by id. */
export class OwnPublishes {
  readonly #all = new Map<string, Own>();
  /** Of this node among all; no other has the same. */
  readonly #prefix: string;
  #last = 0;
  readonly #late: (own: Own) => void;

  /** `late` receives a publish that was not answered in time. */
  constructor(prefix: string, late: (own: Own) => void) {
    this.#prefix = `${prefix}-`;
    this.#late = late;
  }

  add(draft: Draft, done: ((outcome: Outcome) => void) | null, now: number): Own {
    this.#last += 1;
    const own: Own = {
      id: this.#prefix + this.#last.toString(36),
      draft,
      done: done ?? ignore,
      startedAt: now,
      position: null,
      isAnswered: false,
      isDelivered: false,
      isHeard: false,
      late: () => this.#late(own),
    };
    this.#all.set(own.id, own);
    return own;
  }

  find(id: string): Own | undefined {
    return this.#all.get(id);
  }

  /** Whether this node made the id. */
  isOwn(id: string): boolean {
    return id.startsWith(this.#prefix);
  }

  /** The callback, for the one time that it is called. */
  takeDone(own: Own): ((outcome: Outcome) => void) | null {
    const { done } = own;
    if (done === null) return null;
    own.done = null;
    return done;
  }

  /** Forgets a publish that nothing more can come of. */
  release(own: Own): void {
    if (own.isAnswered && own.isHeard && own.done === null) this.#all.delete(own.id);
  }

  /** Forgets what no message is expected of any more. */
  sweep(now: number): void {
    for (const own of this.#all.values()) {
      if (now - own.startedAt < expectedMs) return;
      if (own.isAnswered) this.#all.delete(own.id);
    }
  }
}

function ignore(): void {}

/** A publish of this node at its position. */
export function arrivalOf({ id, draft }: Own, { offset, epoch, isFirstKept }: Omit<Message, "body">): Arrival {
  const { excludeClient = "" } = draft;
  return { id, publication: publicationOf(draft, offset, epoch, isFirstKept), excludeClient };
}
