import { type Counts, Histogram } from "../measure/histogram.ts";

/** What a run of commands has measured. */
export interface CallerResult {
  readonly replies: number;
  /** Milliseconds. */
  readonly elapsed: number;
  readonly latencies: Counts;
}

/** A command without its id. */
type Command = Readonly<Record<string, unknown>>;

/** One connection of the Centrifuge protocol that sends commands and waits for their replies. */
export class Caller {
  readonly #socket: WebSocket;
  #id = 0;
  /** Replies that are awaited, and who waits. */
  #due = 0;
  #done: () => void = () => {};
  #failed: (error: Error) => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(String(data));
    socket.onclose = ({ code, reason }) => this.#failed(new Error(`closed: ${code} ${reason}`));
  }

  /** Opens a connection and waits for the reply to connect. */
  static async connect(port: number): Promise<Caller> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/connection/websocket`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("no connection"));
    });
    const caller = new Caller(socket);
    await caller.#exchange([{ connect: {} }]);
    return caller;
  }

  /** As many as there are replies, `together` in a frame, the next when all have been answered. */
  async run(command: Command, ms: number, together = 1): Promise<CallerResult> {
    const histogram = new Histogram();
    const commands = Array.from({ length: together }, () => command);
    const begun = performance.now();
    let replies = 0;
    let now = begun;
    while (now - begun < ms) {
      await this.#exchange(commands);
      const then = performance.now();
      histogram.record((then - now) * 1e6);
      now = then;
      replies += together;
    }
    return { replies, elapsed: now - begun, latencies: histogram.counts() };
  }

  close(): void {
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #exchange(commands: readonly Command[]): Promise<void> {
    this.#due = commands.length;
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#failed = reject;
      this.#socket.send(commands.map((command) => JSON.stringify({ id: ++this.#id, ...command })).join("\n"));
    });
  }

  #take(frame: string): void {
    for (const line of frame.split("\n")) {
      if (line.includes('"error"')) this.#failed(new Error(`refused: ${line}`));
      if (line.startsWith('{"id":')) this.#due--;
    }
    if (this.#due === 0) this.#done();
  }
}
