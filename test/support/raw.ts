import { connect, type Socket } from "node:net";
import {
  clientFrame,
  closeBody,
  closeOf,
  describeFrame,
  type FrameShape,
  opcodes,
  type ServerFrame,
} from "./frames.ts";
import { Inbox } from "./inbox.ts";
import { type HttpAnswer, type Received, ServerStream } from "./server-stream.ts";

/** The end of the TCP connection: the server said goodbye (`fin`), or the connection was torn down (`reset`). */
interface End {
  readonly type: "end";
  readonly how: "fin" | "reset";
}

/** The example key of RFC 6455 1.3. */
export const exampleKey = "dGhlIHNhbXBsZSBub25jZQ==";

/** A request, line by line; what is left out is what a browser would send. */
export interface RequestShape {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** Replaces headers of the handshake by name, null takes one away; the order stays. */
  readonly replace?: Readonly<Record<string, string | null>>;
  /** Further lines, as they are. */
  readonly add?: readonly string[];
  /** Comes with its length. */
  readonly body?: string;
}

/** A client that speaks bytes: it can say everything that a well-behaved one never would. */
export class RawClient {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #stream = new ServerStream();
  readonly #inbox: Inbox<Received | End>;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    this.#inbox = new Inbox(`raw client of ${host}`, describe);
    let hasEnded = false;
    const end = (how: "fin" | "reset") => {
      if (!hasEnded) this.#inbox.push({ type: "end", how });
      hasEnded = true;
    };
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      for (const received of this.#stream.feed(bytes)) this.#inbox.push(received);
    });
    socket.on("end", () => end("fin"));
    socket.on("error", () => end("reset"));
    socket.on("close", () => end("reset"));
  }

  /** Opens a TCP connection to the host and port of `url` and says nothing yet. */
  static async connect(url: string): Promise<RawClient> {
    const { hostname, port, host } = new URL(url);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Half open, so that what the server does with our side of the connection is the server's doing alone.
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, resolve);
    socket.once("error", reject);
    const client = new RawClient(socket, host);
    await promise;
    return client;
  }

  /** Opens a connection and does the handshake for the path of `url`; fails where the answer is not 101. */
  static async open(url: string, shape: RequestShape = {}): Promise<RawClient> {
    const client = await RawClient.connect(url);
    const { pathname, search } = new URL(url);
    const answer = await client.request({ target: pathname + search, ...shape });
    if (answer.status !== 101) throw new Error(`${url} answered ${answer.status}: ${answer.body.trim()}`);
    return client;
  }

  write(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  /** Writes one byte after the other, each in a segment of its own as far as the kernel lets it. */
  async drip(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#socket.write(Uint8Array.of(byte), () => resolve());
      await promise;
    }
  }

  /** Sends a request and waits for the answer. */
  request(shape: RequestShape = {}): Promise<HttpAnswer> {
    this.write(this.handshake(shape));
    return this.answer();
  }

  /** The text of a request, for a test that has its own way of sending it. */
  handshake({
    method = "GET",
    target = "/ws",
    version = "HTTP/1.1",
    replace = {},
    add = [],
    body,
  }: RequestShape = {}): string {
    const headers: Record<string, string | null> = {
      Host: this.#host,
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Key": exampleKey,
      "Sec-WebSocket-Version": "13",
      ...replace,
    };
    const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
    const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
    return [`${method} ${target} ${version}`, ...lines, ...add, ...length, "", body ?? ""].join("\r\n");
  }

  async answer(): Promise<HttpAnswer> {
    const received = await this.#inbox.next();
    if (received.type === "answer") return received.answer;
    throw new Error(`Expected an HTTP answer, got ${describe(received)}.`);
  }

  sendFrame(opcode: number, payload?: Uint8Array | string, shape?: FrameShape): void {
    this.write(clientFrame(opcode, payload, shape));
  }

  sendText(text: string): void {
    this.sendFrame(opcodes.text, text);
  }

  sendClose(code?: number, reason?: Uint8Array | string): void {
    this.sendFrame(opcodes.close, closeBody(code, reason));
  }

  /** The next frame of the server, or the end of the connection; fails where the server breaks the protocol. */
  async next(): Promise<ServerFrame | End> {
    const received = await this.#inbox.next();
    if (received.type === "frame") return received.frame;
    if (received.type === "end") return received;
    throw new Error(`Expected a frame, got ${describe(received)}.`);
  }

  async nextFrame(): Promise<ServerFrame> {
    const received = await this.next();
    if ("opcode" in received) return received;
    throw new Error(`Expected a frame, got ${describe(received)}.`);
  }

  async nextText(): Promise<string> {
    const frame = await this.nextFrame();
    if (frame.opcode === opcodes.text && frame.fin) return frame.payload.toString();
    throw new Error(`Expected a text, got ${describeFrame(frame)}.`);
  }

  /** Reads on until the close frame, and answers with what it says; null where the connection ended without one. */
  async closed(): Promise<{ code: number; reason: string } | null> {
    for (;;) {
      const received = await this.next();
      if (!("opcode" in received)) return null;
      if (received.opcode === opcodes.close) return closeOf(received);
    }
  }

  /** Reads on until the server has ended the TCP connection. */
  async ended(): Promise<"fin" | "reset"> {
    for (;;) {
      const received = await this.#inbox.next();
      if (received.type === "end") return received.how;
    }
  }

  /** Everything that the server sends from here to the end of the connection: answers and frames. */
  async *everything(): AsyncGenerator<HttpAnswer | ServerFrame> {
    for (;;) {
      const received = await this.#inbox.next();
      if (received.type === "end") return;
      if (received.type === "violation") throw new Error(`The server sent ${describe(received)}.`);
      yield received.type === "answer" ? received.answer : received.frame;
    }
  }

  /** Stops reading, so that what the server sends piles up in the kernel and then in the server. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Says that it has nothing more to send, as a clean end of its side of the connection does. */
  finish(): void {
    this.#socket.end();
  }

  /** Tears the connection down with a TCP reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

function describe(received: Received | End): string {
  switch (received.type) {
    case "answer":
      return `the HTTP answer ${received.answer.status} (${received.answer.body.trim()})`;
    case "frame":
      return describeFrame(received.frame);
    case "violation":
      return `what no server may send: ${received.what}`;
    case "end":
      return `the end of the connection (${received.how})`;
  }
}
