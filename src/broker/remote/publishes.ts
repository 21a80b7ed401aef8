import { errors } from "../../core/errors.ts";
import type { Draft, Outcome } from "../broker.ts";
import type { Delivery } from "../delivery.ts";
import type { Arrival } from "./arrival.ts";
import type { Appended, Entry, Message } from "./engine.ts";
import { entryOf } from "./entry.ts";
import type { InTime } from "./in-time.ts";
import { arrivalOf, type Own, OwnPublishes } from "./own.ts";
import type { RemoteBrokerCounts } from "./parts.ts";
import type { Room } from "./room.ts";
import { idOf } from "./wire.ts";

const unknown = { ok: false, error: errors.internal } as const satisfies Outcome;

/** A publish on its way to the engine. */
export interface Publish {
  readonly own: Own;
  readonly entry: Entry;
}

/** What publishes work with. */
export interface PublishesPorts {
  /** What the ids of this node's publishes begin with; no other node has the same. */
  readonly prefix: string;
  readonly delivery: Delivery;
  readonly inTime: InTime;
  readonly counts: RemoteBrokerCounts;
  roomOf(channel: string): Room | undefined;
  /** Monotonic milliseconds. */
  now(): number;
  /** Something was answered after its time was over. */
  late(): void;
}

/**
 * The publishes of this node. Each is answered right after its delivery here, which its message or its answer brings,
 * whichever comes first.
 */
export class Publishes {
  readonly #ports: PublishesPorts;
  readonly #owns: OwnPublishes;

  constructor(ports: PublishesPorts) {
    this.#ports = ports;
    this.#owns = new OwnPublishes(ports.prefix, (own) => this.#late(own));
  }

  begin(draft: Draft, done: ((outcome: Outcome) => void) | null): Publish {
    const own = this.#owns.add(draft, done, this.#ports.now());
    this.#ports.inTime.add(own);
    return { own, entry: entryOf(draft, own.id) };
  }

  /** The engine has answered. */
  answered({ own }: Publish, answer: Appended): void {
    own.isAnswered = true;
    if ("error" in answer) {
      // The server may have executed it: a message that arrives later is delivered.
      if (own.done !== null) this.#ports.counts.failures += 1;
      this.#answer(own, { ok: false, error: answer.error });
      return;
    }
    own.position = answer.position;
    const room = this.#ports.roomOf(own.draft.channel);
    if (!answer.isNew || room === undefined) own.isHeard = true;
    const arrival = arrivalOf(own, { ...answer.position, ...(answer.isFirstKept && { isFirstKept: true }) });
    if (!answer.isNew || own.isDelivered) this.#settle(own);
    else if (room) room.feed.arrived(arrival, this.#ports.now());
    else this.#deliver(arrival, own);
    this.#owns.release(own);
  }

  /** Takes the message of a publish of this node, whose content is known here; false: it is of another node. */
  heard(room: Room, message: Message): boolean {
    const own = this.#owns.find(idOf(message.body));
    if (!own) return false;
    own.isHeard = true;
    if (!own.isDelivered) room.feed.arrived(arrivalOf(own, message), this.#ports.now());
    this.#owns.release(own);
    return true;
  }

  /** Delivers a publish of this node; false: it is of another node. */
  deliver(arrival: Arrival): boolean {
    const own = this.#owns.find(arrival.id);
    if (own) this.#deliver(arrival, own);
    return own !== undefined;
  }

  /** A publish is delivered, or nothing more can come of it. */
  settle(id: string): void {
    const own = this.#owns.find(id);
    if (own) this.#settle(own);
  }

  /** Whether this node made the id. */
  isOwn(id: string): boolean {
    return this.#owns.isOwn(id);
  }

  sweep(): void {
    this.#owns.sweep(this.#ports.now());
  }

  #deliver({ publication }: Arrival, own: Own): void {
    if (own.isDelivered) return;
    own.isDelivered = true;
    own.position = { offset: publication.offset, epoch: publication.epoch };
    this.#ports.delivery.handOn(own.draft.channel, publication, own.draft.exclude);
    this.#settle(own);
  }

  /** It is not known whether it has happened, unless the engine has said so and its delivery is what is late. */
  #late(own: Own): void {
    if (own.position === null) this.#ports.counts.failures += 1;
    this.#answer(own, own.position === null ? unknown : { ok: true, value: own.position });
    this.#ports.late();
  }

  /** Answers a publish that has a position. */
  #settle(own: Own): void {
    if (own.position !== null) this.#answer(own, { ok: true, value: own.position });
  }

  #answer(own: Own, outcome: Outcome): void {
    this.#ports.inTime.take(own);
    const done = this.#owns.takeDone(own);
    if (done !== null) this.#ports.delivery.answer(own.draft.channel, done, outcome);
  }
}
