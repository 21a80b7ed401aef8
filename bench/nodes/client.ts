/** A client of the JSON protocol that counts what comes, and looks at pushes where it is told to. */
export class NodeClient {
  readonly #socket: WebSocket;
  readonly #ready = Promise.withResolvers<void>();
  #id = 1;
  /** Replies that have come, that to connect not among them. */
  replies = 0;
  onReplies: () => void = () => {};
  onPush: (line: string) => void = () => {};

  private constructor(port: number) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/connection/websocket`);
    this.#socket.onopen = () => this.#socket.send('{"id":1,"connect":{}}');
    this.#socket.onmessage = ({ data }) => this.#take(String(data));
    this.#socket.onclose = ({ code }) => this.#ready.reject(new Error(`a client of the bench was closed with ${code}`));
  }

  /** Connected. */
  static async connect(port: number): Promise<NodeClient> {
    const client = new NodeClient(port);
    await client.#ready.promise;
    return client;
  }

  /** Sends commands, 64 in a frame: what stands after the id of each. */
  send(commands: readonly string[]): void {
    for (let from = 0; from < commands.length; from += 64) {
      const some = commands.slice(from, from + 64);
      this.#socket.send(some.map((command) => `{"id":${++this.#id},${command}}`).join("\n"));
    }
  }

  /** Sends commands, and waits for as many replies. */
  async ask(commands: readonly string[]): Promise<void> {
    const wanted = this.replies + commands.length;
    const answered = Promise.withResolvers<void>();
    this.onReplies = () => {
      if (this.replies >= wanted) answered.resolve();
    };
    this.send(commands);
    await answered.promise;
    this.onReplies = () => {};
  }

  close(): void {
    this.#socket.close();
  }

  #take(frame: string): void {
    let replies = 0;
    for (const line of frame.split("\n")) {
      if (line.startsWith('{"push"')) this.onPush(line);
      else if (line.startsWith('{"id":1,')) this.#ready.resolve();
      else if (line.startsWith('{"id"')) replies += 1;
      else if (line === "{}") this.#socket.send("{}");
      if (line.includes('"error"')) throw new Error(`a command of the bench was refused: ${line}`);
    }
    if (replies === 0) return;
    this.replies += replies;
    this.onReplies();
  }
}
