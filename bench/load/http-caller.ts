import type { Socket } from "bun";
import { HttpReader } from "../wire/http-reader.ts";

/** Where and with what a back end publishes. */
export interface Api {
  readonly port: number;
  readonly path: string;
  readonly key: string;
}

/** Who hears of what becomes of the requests. */
export interface HttpListener {
  /** Called after each answer that is a success. */
  answered(): void;
  /** Called when an answer is not one, or cannot be read. */
  failed(error: Error): void;
}

/** One keep-alive connection to the HTTP API: one request at a time, the others wait here. */
export class HttpCaller {
  /** Requests that have no answer yet. */
  outstanding = 0;
  readonly #api: Api;
  readonly #listener: HttpListener;
  readonly #reader = new HttpReader();
  readonly #waiting: string[] = [];
  #socket: Socket<HttpCaller> | null = null;
  #busy = false;

  constructor(api: Api, listener: HttpListener) {
    this.#api = api;
    this.#listener = listener;
  }

  async open(): Promise<void> {
    this.#socket = await Bun.connect<HttpCaller>({
      hostname: "127.0.0.1",
      port: this.#api.port,
      data: this,
      socket: {
        data: (socket, chunk) => socket.data.received(chunk),
        error: (socket, error) => socket.data.#listener.failed(error),
      },
    });
  }

  post(body: string): void {
    this.outstanding += 1;
    this.#waiting.push(body);
    this.#next();
  }

  close(): void {
    this.#socket?.terminate();
  }

  received(chunk: Buffer): void {
    for (const { status, body } of this.#reader.feed(chunk)) {
      if (status !== 200 || body.includes('"error"')) throw new Error(`a publish was answered with ${status}: ${body}`);
      this.outstanding -= 1;
      this.#busy = false;
      this.#listener.answered();
    }
    this.#next();
  }

  #next(): void {
    if (this.#busy) return;
    const body = this.#waiting.shift();
    if (body === undefined) return;
    this.#busy = true;
    const { port, path, key } = this.#api;
    this.#socket?.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-API-Key: ${key}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
  }
}
