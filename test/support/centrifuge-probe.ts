import { fence } from "./fence.ts";
import { Inbox } from "./inbox.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import type { Closed } from "./probe.ts";

/** What a probe of the Centrifuge protocol is to do. */
export interface CentrifugeProbeOptions {
  /** Without the question mark. */
  readonly query?: string;
  /** False: pings are handed out like everything else, and not answered. */
  readonly answersPings?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Something that came: a reply, a push or a ping, and at the end how the connection was closed. */
export type Heard = JsonObject | { readonly closed: Closed };

/**
 * A client of the Centrifuge protocol in JSON that hides nothing: commands go out as they are written, everything that
 * comes is handed out in its order. Pings are answered behind the scenes.
 */
export class CentrifugeProbe implements Disposable {
  readonly #socket: WebSocket;
  readonly #inbox: Inbox<Heard>;
  readonly #opened = Promise.withResolvers<void>();
  readonly #answersPings: boolean;
  #ids = 0;
  #client = "";

  private constructor(url: string, { query = "", answersPings = true, headers = {} }: CentrifugeProbeOptions) {
    const address = `${url}/connection/websocket${query && `?${query}`}`;
    this.#answersPings = answersPings;
    this.#inbox = new Inbox(`Centrifuge probe of ${address}`, (heard) => JSON.stringify(heard));
    this.#socket = new WebSocket(address, { headers, perMessageDeflate: false });
    this.#socket.addEventListener("open", () => this.#opened.resolve());
    this.#socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.#opened.reject(new Error(`${address} was closed before it was open: ${code} ${reason}`));
      this.#inbox.push({ closed: { code, reason } });
    });
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
    const lines = commands.map((command) => (typeof command === "string" ? command : JSON.stringify(command)));
    this.sendFrame(lines.join("\n"));
  }

  sendFrame(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(frame);
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
    await fence(this.#socket);
    return await this.take(this.#inbox.waiting);
  }

  /** Resolves when the server has read all that was sent. */
  async fence(): Promise<void> {
    await fence(this.#socket);
  }

  /** Closes as a page does, and waits until it is done. */
  async close(): Promise<void> {
    this.#socket.close(1000);
    while (!isClosed(await this.next()));
  }

  /** Stops reading, so that what the server sends piles up in the kernel and then in the server. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Cuts the connection without a word. */
  [Symbol.dispose](): void {
    this.#socket.terminate();
  }

  #take(frame: string): void {
    for (const line of frame.split("\n")) {
      if (line === "{}" && this.#answersPings) {
        this.#socket.send("{}");
        continue;
      }
      const heard: Json = JSON.parse(line);
      if (!isObject(heard)) throw new Error(`The server sent ${line}, which is no object.`);
      if (isObject(heard["connect"])) this.#client = String(heard["connect"]["client"]);
      this.#inbox.push(heard);
    }
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
