import type { Frame } from "../../src/core/frame.ts";
import { Inbox } from "./inbox.ts";

/** How a probe's connection ended, as its WebSocket reports it. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** What a browser would let a page choose, and the headers that Bun's client adds to it. */
export interface ProbeOptions {
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A well-behaved WebSocket client, as a person would write one, that hands its frames out one by one. */
export class Probe {
  readonly url: string;
  readonly #options: ProbeOptions;
  readonly #inbox: Inbox<Frame | Closed>;
  readonly #closed = Promise.withResolvers<Closed>();
  #socket: WebSocket | null = null;

  constructor(url: string, options: ProbeOptions = {}) {
    this.url = url;
    this.#options = options;
    this.#inbox = new Inbox(`probe of ${url}`, describe);
  }

  /** Connects; fails where the server refuses. */
  async open(): Promise<this> {
    const { protocols = [], headers = {} } = this.#options;
    const socket = new WebSocket(this.url, { protocols: [...protocols], headers, perMessageDeflate: false });
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("message", ({ data }) => {
      this.#inbox.push(typeof data === "string" ? data : new Uint8Array(data));
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.#inbox.push({ code, reason });
      this.#closed.resolve({ code, reason });
      reject(new Error(`${this.url} was closed before it was open: ${code} ${reason}`));
    });
    await promise;
    return this;
  }

  send(frame: Frame): void {
    this.#own.send(typeof frame === "string" ? frame : Uint8Array.from(frame));
  }

  /** The next frame, or how the connection was closed. */
  next(): Promise<Frame | Closed> {
    return this.#inbox.next();
  }

  async nextText(): Promise<string> {
    const received = await this.next();
    if (typeof received === "string") return received;
    throw new Error(`Expected a text, got ${describe(received)}.`);
  }

  /** How the connection was closed; what came before and was not read is passed over. */
  async closed(): Promise<Closed> {
    for (;;) {
      const received = await this.next();
      if (typeof received !== "string" && !(received instanceof Uint8Array)) return received;
    }
  }

  /** The subprotocol that the server chose; "" is none. */
  get protocol(): string {
    return this.#own.protocol;
  }

  /** Closes as a page does, and waits until it is done. */
  async close(code?: number, reason?: string): Promise<Closed> {
    this.#own.close(code, reason);
    return this.#closed.promise;
  }

  /** Cuts the connection without a word. */
  terminate(): void {
    this.#own.terminate();
  }

  get #own(): WebSocket {
    if (this.#socket) return this.#socket;
    throw new Error("The probe has not been opened.");
  }

  [Symbol.dispose](): void {
    this.#socket?.terminate();
  }
}

function describe(received: Frame | Closed): string {
  if (typeof received === "string") return `text: ${received}`;
  if (received instanceof Uint8Array)
    return `binary, ${received.length} bytes: ${Buffer.from(received).toString("hex")}`;
  return `closed: ${received.code} ${received.reason}`;
}
