import type { JsonObject } from "../support/json.ts";
import type { Position, RunRecord } from "./run-record.ts";

interface Reply {
  readonly id?: number;
  readonly error?: JsonObject;
  readonly connect?: { readonly client: string };
  readonly subscribe?: Position & { readonly recovered?: boolean; readonly publications?: readonly Publication[] };
  readonly push?: {
    readonly channel: string;
    readonly pub?: Publication;
    readonly unsubscribe?: JsonObject;
  };
}

interface Publication {
  readonly data: number;
  readonly offset: number;
}

/** A client that keeps its position in each channel, and comes back at a node that lives whenever it is cut or sent away. */
export class RunClient {
  /** "" while it is not connected. */
  id = "";
  readonly positions = new Map<string, Position>();
  readonly #record: RunRecord;
  readonly #channels: readonly string[];
  /** The address of a node that lives. */
  readonly #node: () => string;
  #socket: WebSocket | null = null;
  /** Ids of commands that are not answered, with the channel of each subscribe. */
  #asked: { readonly id: number; readonly channel: string }[] = [];
  readonly #inside = new Set<string>();
  #ids = 0;
  #isStopped = false;

  constructor(record: RunRecord, channels: readonly string[], node: () => string) {
    this.#record = record;
    this.#channels = channels;
    this.#node = node;
    this.#open();
  }

  /** It is in all channels. */
  get isInside(): boolean {
    return this.#inside.size === this.#channels.length;
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket?.close();
  }

  #open(): void {
    if (this.#isStopped) return;
    const socket = new WebSocket(`${this.#node().replace("http", "ws")}/connection/websocket`);
    this.#socket = socket;
    socket.onopen = () => this.#ask({ connect: {} }, "");
    socket.onmessage = ({ data }) => {
      for (const line of String(data).split("\n")) this.#take(line);
    };
    socket.onclose = () => {
      this.id = "";
      this.#asked = [];
      this.#inside.clear();
      setTimeout(() => this.#open(), 50);
    };
  }

  #ask(command: JsonObject, channel: string): void {
    this.#ids += 1;
    this.#asked.push({ id: this.#ids, channel });
    this.#socket?.send(JSON.stringify({ id: this.#ids, ...command }));
  }

  #subscribe(channel: string): void {
    const position = this.positions.get(channel);
    const since = position ? { recover: true, offset: position.offset, epoch: position.epoch } : {};
    this.#ask({ subscribe: { channel, ...since } }, channel);
  }

  #take(line: string): void {
    if (line === "{}") {
      this.#socket?.send("{}");
      return;
    }
    const reply: Reply = JSON.parse(line);
    if (reply.id !== undefined) this.#replied(reply, reply.id);
    else if (reply.push?.pub) this.#pushed(reply.push.channel, reply.push.pub);
    else if (reply.push?.unsubscribe) {
      this.#inside.delete(reply.push.channel);
      this.#subscribe(reply.push.channel);
    }
  }

  #replied({ connect, subscribe, error }: Reply, id: number): void {
    const asked = this.#asked.shift();
    if (asked?.id !== id) this.#record.violation(`(h) the reply to ${id} came for ${asked?.id}`);
    if (connect) {
      this.id = connect.client;
      for (const channel of this.#channels) this.#subscribe(channel);
    } else if (asked && subscribe) {
      this.#joined(asked.channel, subscribe);
    } else if (asked && error) {
      const { channel } = asked;
      setTimeout(() => this.id !== "" && !this.#inside.has(channel) && this.#subscribe(channel), 50);
    }
  }

  #joined(channel: string, { offset = 0, epoch, recovered, publications = [] }: NonNullable<Reply["subscribe"]>): void {
    const before = this.positions.get(channel);
    this.#inside.add(channel);
    // The reply names the position that was asked for; what was missed since is beside it.
    this.positions.set(channel, { offset: publications.at(-1)?.offset ?? offset, epoch });
    if (!recovered || !before) return;
    const offsets = publications.map((publication) => publication.offset);
    const isGapless = offsets.every((each, index) => each === before.offset + 1 + index);
    if (epoch !== before.epoch || !isGapless) {
      this.#record.violation(`(d) recovered ${offsets} of ${epoch} since ${before.offset} of ${before.epoch}`);
    }
    for (const { offset: at, data } of publications) this.#record.content(channel, { offset: at, epoch }, data);
  }

  #pushed(channel: string, { offset, data }: Publication): void {
    const position = this.positions.get(channel);
    if (!this.#inside.has(channel) || !position) {
      this.#record.violation(`(h) ${offset} of ${channel} came before the reply to its subscribe`);
      return;
    }
    if (offset !== position.offset + 1) this.#record.violation(`(a) ${offset} after ${position.offset} in ${channel}`);
    const next = { offset, epoch: position.epoch };
    this.#record.content(channel, next, data);
    this.positions.set(channel, next);
  }
}
