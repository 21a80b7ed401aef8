import type { Position } from "../../core/publication.ts";
import type { Draft, Outcome } from "../broker.ts";

/** A publish of this node, from its call until nothing more can come of it. */
export interface Own {
  readonly id: string;
  readonly draft: Draft;
  /** Null once it was called. */
  done: ((outcome: Outcome) => void) | null;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Where it stands, once the engine has answered. */
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
  /** Publishes whose callback was not called yet. */
  waiting = 0;

  constructor(prefix: string) {
    this.#prefix = `${prefix}-`;
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
    };
    this.waiting += 1;
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
    this.waiting -= 1;
    return done;
  }

  /** Forgets a publish that nothing more can come of. */
  release(own: Own): void {
    if (own.isAnswered && own.isHeard && own.done === null) this.#all.delete(own.id);
  }

  /** Forgets what no message is expected of any more; gives those whose answer waits too long for its delivery. */
  sweep(now: number, overdueMs: number): readonly Own[] {
    const overdue: Own[] = [];
    for (const own of this.#all.values()) {
      const age = now - own.startedAt;
      if (age < overdueMs) break;
      if (own.isAnswered && own.done !== null) overdue.push(own);
      if (own.isAnswered && age >= expectedMs) this.#all.delete(own.id);
    }
    return overdue;
  }
}

function ignore(): void {}
