import { patience } from "../support/patience.ts";

/** A reply or a push, as far as models look at them. */
interface Reply {
  readonly id?: number;
  readonly error?: { readonly code: number };
  readonly push?: { readonly channel: string; readonly pub?: { readonly data: { readonly text: string } } };
}

/** What a client asks for; its text is that of its name and place, so that it is known where it arrives. */
export interface Asked {
  readonly do: string;
  readonly text: string;
}

/** A client that asks for everything at once, and notes what it hears. */
export class Asker<A extends Asked> {
  readonly replies: Reply[] = [];
  readonly heard = new Map<string, string[]>();
  readonly asked: readonly { readonly id: number; readonly act: A }[];
  readonly isCut: boolean;
  readonly #socket: WebSocket;
  readonly #settled = Promise.withResolvers<void>();

  constructor(ws: string, name: string, wanted: readonly A[], commandOf: (id: number, act: A) => object) {
    const cut = wanted.findIndex((act) => act.do === "cut");
    this.isCut = cut !== -1;
    const kept = this.isCut ? wanted.slice(0, cut) : wanted;
    this.asked = kept.map((act, index) => ({ id: index + 2, act: { ...act, text: `${name}${index}` } }));
    this.#socket = new WebSocket(`${ws}/connection/websocket`);
    this.#socket.onopen = () => {
      const lines = this.asked.map(({ id, act }) => commandOf(id, act));
      this.#socket.send([{ id: 1, connect: {} }, ...lines].map((line) => JSON.stringify(line)).join("\n"));
      if (this.isCut) this.#socket.terminate();
      else this.#look();
    };
    this.#socket.onclose = () => this.#settled.resolve();
    this.#socket.onmessage = ({ data }) => {
      for (const line of String(data).split("\n")) this.#take(JSON.parse(line));
      this.#look();
    };
  }

  /** Everything is answered, or the connection has ended. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.#socket.close();
  }

  answerTo(id: number): Reply | undefined {
    return this.replies.find((reply) => reply.id === id);
  }

  #take(reply: Reply): void {
    if (reply.id !== undefined) this.replies.push(reply);
    const { push } = reply;
    if (push?.pub) this.heard.set(push.channel, [...(this.heard.get(push.channel) ?? []), push.pub.data.text]);
  }

  #look(): void {
    const due = this.asked.filter(({ act }) => act.do !== "send").length + 1;
    if (this.replies.length >= due) this.#settled.resolve();
  }
}

/** Fails where it takes longer than `patience`. */
export async function within(settled: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("a command was not answered")), patience);
  await Promise.race([settled, late.promise]).finally(() => clearTimeout(timer));
}
