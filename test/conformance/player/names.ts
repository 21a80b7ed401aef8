import { isList, isObject, type Json, type JsonObject } from "../../support/json.ts";

/** Gives random values the names that they have in a recording: `<client A>`, `<epoch 1>`, `<uuid>`, `<ms>`. */
export class Names {
  readonly #clients = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #epochs = new Map<string, string>();
  readonly #epochOfChannel = new Map<string, string>();

  /** The id that the server gave a connection; "?" before it has. */
  clientOf(connection: string): string {
    return this.#clients.get(connection) ?? "?";
  }

  /** The epoch that was last heard of a channel; "?" before any was. */
  epochOf(channel: string): string {
    return this.#epochOfChannel.get(channel) ?? "?";
  }

  /** Learns from something that a connection was sent; `asked` is the channel that its command with this id was about. */
  learn(connection: string, said: Json, asked: (id: Json | undefined) => string | undefined): void {
    if (!isObject(said)) return;
    const { id, connect, subscribe, history, push } = said;
    if (isObject(connect)) this.#learnConnect(connection, connect);
    for (const result of [subscribe, history]) {
      if (isObject(result)) this.#learnEpoch(result["epoch"], asked(id));
    }
    if (isObject(push) && isObject(push["subscribe"])) {
      this.#learnEpoch(push["subscribe"]["epoch"], String(push["channel"]));
    }
    this.learnEpochs(said);
  }

  /** Learns every epoch in a value. */
  learnEpochs(value: Json): void {
    if (isList(value)) {
      for (const each of value) this.learnEpochs(each);
    } else if (isObject(value)) {
      for (const [name, each] of Object.entries(value)) {
        if (name === "epoch") this.#learnEpoch(each);
        else this.learnEpochs(each);
      }
    }
  }

  /** The value with names in the place of what is random. */
  apply(value: Json, key = ""): Json {
    if (typeof value === "string") return key === "version" ? "<version>" : this.#nameIn(value);
    if (typeof value === "number" && key === "time") return "<ms>";
    if (isList(value)) return value.map((each) => this.apply(each));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [this.#names.get(name) ?? name, this.apply(each, name)]),
    );
  }

  #learnConnect(connection: string, { client, session, node, subs }: JsonObject): void {
    if (typeof client === "string") {
      this.#clients.set(connection, client);
      this.#names.set(client, `<client ${connection}>`);
    }
    if (typeof session === "string") this.#names.set(session, `<session ${connection}>`);
    if (typeof node === "string") this.#names.set(node, "<node>");
    for (const [channel, sub] of Object.entries(subs ?? {})) {
      if (isObject(sub)) this.#learnEpoch(sub["epoch"], channel);
    }
  }

  #learnEpoch(epoch: Json | undefined, channel?: string): void {
    if (typeof epoch !== "string" || epoch === "") return;
    if (!this.#epochs.has(epoch)) this.#epochs.set(epoch, `<epoch ${this.#epochs.size + 1}>`);
    if (channel !== undefined) this.#epochOfChannel.set(channel, epoch);
  }

  #nameIn(text: string): string {
    let named = this.#names.get(text) ?? this.#epochs.get(text) ?? text;
    for (const [value, name] of this.#names) named = named.split(value).join(name);
    return /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(named) ? "<uuid>" : named;
  }
}
