import { type Carrier, carrierOf, type Transport } from "./carriers.ts";
import { Inbox } from "./inbox.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { Closed } from "./probe.ts";

/** What a probe of the Centrifuge protocol is to do. */
export interface CentrifugeProbeOptions {
  /** Without the question mark. */
  readonly query?: string;
  /** False: pings are handed out like everything else, and not answered. */
  readonly answersPings?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** WebSocket in JSON, where it is not given. */
  readonly transport?: Transport;
  /** Has the server write a marking message to the connection of this id, which `rest` of a stream needs. */
  readonly mark?: (client: string) => boolean;
}

/** Something that came: a reply, a push or a ping, and at the end how the connection was closed. */
export type Heard = JsonObject | { readonly closed: Closed };

/**
 * A client of the Centrifuge protocol that hides nothing: commands go out as they are written, everything that comes is
 * handed out in its order, whatever the transport. Pings are answered behind the scenes.
 */
export class CentrifugeProbe implements Disposable {
  readonly #carrier: Carrier;
  readonly #inbox: Inbox<Heard>;
  readonly #opened = Promise.withResolvers<void>();
  readonly #answersPings: boolean;
  #ids = 0;
  #client = "";

  private constructor(url: string, options: CentrifugeProbeOptions) {
    const { query = "", answersPings = true, headers = {}, transport = "websocket", mark } = options;
    this.#answersPings = answersPings;
    this.#inbox = new Inbox(`Centrifuge probe of ${url} over ${transport}`, (heard) => JSON.stringify(heard));
    this.#carrier = carrierOf(
      transport,
      { url, query, headers, mark },
      {
        opened: () => this.#opened.resolve(),
        heard: (message) => this.#take(message),
        closed: (closed) => {
          this.#opened.reject(new Error(`${url} was closed before it was open: ${closed.code} ${closed.reason}`));
          this.#inbox.push({ closed });
        },
      },
    );
    // Where nobody waits for it to open, its failure is no unhandled rejection.
    this.#opened.promise.catch(() => {});
  }

  /** Opens a socket and says nothing yet. `url` is the server's WebSocket address without a path. */
  static async open(url: string, options: CentrifugeProbeOptions = {}): Promise<CentrifugeProbe> {
    const probe = new CentrifugeProbe(url, options);
    await probe.#opened.promise;
    return probe;
  }

  /** Opens a socket and connects; `request` is what the connect command holds. */
  static async connect(url: string, request: JsonObject = {}, options?: CentrifugeProbeOptions) {
    const probe = await CentrifugeProbe.open(url, options);
    await probe.ask("connect", request);
    return probe;
  }

  /** The id that the server gave this connection; "" before it has. */
  get client(): string {
    return this.#client;
  }

  /** Sends commands as one frame: objects as JSON, texts as they are. */
  send(...commands: (JsonObject | string)[]): void {
    this.#carrier.send(commands);
  }

  sendFrame(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#carrier.sendFrame(frame);
  }

  /** A command with an id of its own, to be sent. */
  command(method: string, request: JsonObject = {}): JsonObject & { readonly id: number } {
    this.#ids += 1;
    return { id: this.#ids, [method]: request };
  }

  /** Sends a command and answers with its reply, which must be the very next thing that comes. */
  async ask(method: string, request: JsonObject = {}): Promise<JsonObject> {
    const command = this.command(method, request);
    this.send(command);
    const reply = await this.next();
    if ("id" in reply && reply["id"] === command.id) return reply;
    throw new Error(`Expected the reply to ${JSON.stringify(command)}, got ${JSON.stringify(reply)}.`);
  }

  /** Subscribes, and answers with the result. */
  async subscribe(channel: string, request: JsonObject = {}): Promise<JsonObject> {
    const reply = await this.ask("subscribe", { channel, ...request });
    const result = reply["subscribe"];
    if (isObject(result)) return result;
    throw new Error(`Expected to be subscribed to ${channel}, got ${JSON.stringify(reply)}.`);
  }

  /** The next thing that came, now or when it does. */
  next(): Promise<Heard> {
    return this.#inbox.next();
  }

  /** So many of the next things, in their order. */
  async take(count: number): Promise<Heard[]> {
    const heard: Heard[] = [];
    while (heard.length < count) heard.push(await this.next());
    return heard;
  }

  /** How the connection was closed, which must be the very next thing. */
  async closed(): Promise<Closed> {
    const heard = await this.next();
    if (isClosed(heard)) return heard.closed;
    throw new Error(`Expected the connection to be closed, got ${JSON.stringify(heard)}.`);
  }

  /** All that has come by now and was not taken, after all that the server was sending. */
  async rest(): Promise<Heard[]> {
    await this.#carrier.fence();
    return await this.take(this.#inbox.waiting);
  }

  /** Resolves when the server has read all that was sent. */
  async fence(): Promise<void> {
    await this.#carrier.fence();
  }

  /** Closes as a page does, and waits until it is done. */
  async close(): Promise<void> {
    this.#carrier.close();
    while (!isClosed(await this.next()));
  }

  /** Stops reading, so that what the server sends piles up in the kernel and then in the server. */
  pause(): void {
    this.#carrier.pause();
  }

  resume(): void {
    this.#carrier.resume();
  }

  /** Cuts the connection without a word. */
  [Symbol.dispose](): void {
    this.#carrier.cut();
  }

  #take(heard: JsonObject): void {
    if (this.#answersPings && Object.keys(heard).length === 0) {
      this.#carrier.send([{}]);
      return;
    }
    if (isObject(heard["connect"])) this.#client = String(heard["connect"]["client"]);
    this.#inbox.push(heard);
  }
}

/** Whether this is the end of the connection. */
export function isClosed(heard: Heard): heard is { readonly closed: Closed } {
  return "closed" in heard;
}

/** A publication's push, for comparison. */
export function pub(channel: string, publication: JsonObject): JsonObject {
  return { push: { channel, pub: publication } };
}
