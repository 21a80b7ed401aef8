import { fence } from "../../support/fence.ts";
import type { Json } from "../../support/json.ts";
import { patience } from "../../support/patience.ts";
import type { OpenStep } from "./recording.ts";

interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
}

/** One WebSocket of a recording: what came is written down, pings are answered. */
export class Line {
  readonly #step: OpenStep;
  readonly #socket: WebSocket;
  readonly #hear: (said: Json) => void;
  readonly #settled = Promise.withResolvers<void>();
  #log: Json[] = [];
  #waiter: Waiter | null = null;
  #isClosed = false;

  /** `hear` is called with every JSON value before it is written down. */
  constructor(url: string, step: OpenStep, hear: (said: Json) => void) {
    const { protocols = [], headers = {} } = step;
    this.#step = step;
    this.#hear = hear;
    this.#socket = new WebSocket(url, { protocols: [...protocols], headers, perMessageDeflate: false });
    this.#socket.binaryType = "arraybuffer";
    this.#socket.addEventListener("open", () => this.#settled.resolve());
    this.#socket.addEventListener("message", ({ data }) => this.#take(data));
    this.#socket.addEventListener("close", ({ code, reason }) => {
      this.#isClosed = true;
      this.#write({ closed: [code, reason] });
      this.#settled.resolve();
      this.#waiter?.resolve();
    });
  }

  /** Resolves when the socket is open, or was refused. */
  async opened(): Promise<void> {
    await this.#settled.promise;
    if (this.#step.protocols) this.#log.push({ protocol: this.#socket.protocol });
  }

  send(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(frame);
  }

  close(): void {
    this.#socket.close(1000);
  }

  /** Resolves when so many values were written down since the last `take`, or nothing more can come. */
  async heard(count: number): Promise<void> {
    if (this.#log.length >= count || this.#isClosed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    this.#waiter = { count, resolve };
    await promise;
    clearTimeout(timer);
    this.#waiter = null;
  }

  /** Resolves when all has come that the server has sent by now. */
  fence(): Promise<void> {
    return fence(this.#socket);
  }

  /** What was written down, and begins anew. */
  take(): Json[] {
    const log = this.#log;
    this.#log = [];
    return log;
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #take(data: string | ArrayBuffer): void {
    if (typeof data !== "string") {
      this.#write({ binary: Buffer.from(data).toString("hex") });
      return;
    }
    if (data === "") this.#write({ emptyFrame: true });
    for (const line of data.split("\n")) {
      if (line !== "") this.#takeLine(line);
    }
  }

  #takeLine(line: string): void {
    if (line === "{}") {
      if (this.#step.pong !== false) this.#socket.send("{}");
      if (!this.#step.pings) return;
    }
    const said: Json = JSON.parse(line);
    this.#hear(said);
    if (this.#step.only !== "closed") this.#write(said);
  }

  #write(entry: Json): void {
    this.#log.push(entry);
    if (this.#waiter && this.#log.length >= this.#waiter.count) this.#waiter.resolve();
  }
}
