import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { type Milliseconds, milliseconds } from "../core/time.ts";
import type { Timer, Timers } from "../core/timers.ts";
import type { ClusterBus } from "./bus.ts";
import { type ClusterMessage, decodeMessage, encodeMessage } from "./wire.ts";

/** Time for an answer of another node. */
export const answerTimeout = milliseconds(900);

/** What the messages of nodes work with. */
export interface ClusterPorts {
  readonly bus: ClusterBus;
  readonly timers: Pick<Timers, "setTimeout">;
  /** The id of this node. */
  readonly node: string;
}

/** What this node has counted of messages between nodes. */
export interface ClusterCounts {
  /** Messages of an unknown version, of an unknown kind, or damaged ones: dropped. */
  unreadable: number;
  /** Questions that a node did not answer in time. */
  unanswered: number;
}

/** Receives a message: its body, and the id of its node, which may be this one. */
export type Hear = (body: string, from: string) => void;
/** Answers a question; null where this node has no answer. */
export type Answer = (body: string) => MaybePromise<string | null>;

/** A question to one node that is not answered yet. */
interface Question {
  readonly timer: Timer;
  readonly done: (answer: string | null) => void;
}

/** Messages and questions between nodes, by kinds, over any bus. */
export class Cluster {
  readonly counts: ClusterCounts = { unreadable: 0, unanswered: 0 };
  readonly node: string;
  readonly #ports: ClusterPorts;
  readonly #told = new Map<string, Hear>();
  readonly #asked = new Map<string, Answer>();
  readonly #questions = new Map<string, Question>();
  #lastId = 0;
  #connected: () => void = () => {};

  constructor(ports: ClusterPorts) {
    this.#ports = ports;
    this.node = ports.node;
    ports.bus.listen(ports.node, { heard: (text) => this.#heard(text), connected: () => this.#connected() });
  }

  /** `hear` receives the messages of this kind. */
  onTold(kind: string, hear: Hear): void {
    this.#told.set(kind, hear);
  }

  /** Questions of this kind are answered by `answer`. */
  onAsked(kind: string, answer: Answer): void {
    this.#asked.set(kind, answer);
  }

  /** `connected` is called whenever this node begins to hear the others. */
  onConnected(connected: () => void): void {
    this.#connected = connected;
  }

  /** Tells all nodes something, this one too; at most once. */
  tellAll(kind: string, body: string): void {
    this.#ports.bus.broadcast(encodeMessage({ type: "tell", from: this.node, id: "", kind, body }));
  }

  /** Tells one node something; at most once. */
  tell(node: string, kind: string, body: string): void {
    this.#send(node, { type: "tell", id: "", kind, body });
  }

  /** Asks one node; null where it does not answer within the time, or has no answer. Never rejects. */
  ask(node: string, kind: string, body: string, timeout: Milliseconds = answerTimeout): Promise<string | null> {
    this.#lastId += 1;
    const id = this.#lastId.toString(36);
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const timer = this.#ports.timers.setTimeout(() => {
      this.counts.unanswered += 1;
      this.#settle(id, null);
    }, timeout);
    this.#questions.set(id, { timer, done: resolve });
    this.#send(node, { type: "ask", id, kind, body });
    return promise;
  }

  #send(node: string, message: Omit<ClusterMessage, "from">): void {
    this.#ports.bus.send(node, encodeMessage({ ...message, from: this.node }));
  }

  #heard(text: string): void {
    const message = decodeMessage(text);
    if (message === null) this.counts.unreadable += 1;
    else if (message.type === "ask") this.#answer(message);
    else if (message.type === "tell") this.#hear(message);
    else this.#settle(message.id, message.type === "answer" ? message.body : null);
  }

  #hear({ kind, body, from }: ClusterMessage): void {
    const hear = this.#told.get(kind);
    try {
      if (hear) hear(body, from);
      else this.counts.unreadable += 1;
    } catch {
      this.counts.unreadable += 1;
    }
  }

  #answer({ kind, body, from, id }: ClusterMessage): void {
    const refuse = () => this.#send(from, { type: "refuse", id, kind, body: "" });
    const answer = this.#asked.get(kind);
    try {
      if (!answer) throw new Error("This node does not know the kind.");
      const given = then(answer(body), (known) => {
        if (known === null) refuse();
        else this.#send(from, { type: "answer", id, kind, body: known });
      });
      if (given instanceof Promise) given.catch(refuse);
    } catch {
      this.counts.unreadable += 1;
      refuse();
    }
  }

  #settle(id: string, answer: string | null): void {
    const question = this.#questions.get(id);
    if (!question) return;
    this.#questions.delete(id);
    question.timer.cancel();
    question.done(answer);
  }
}
