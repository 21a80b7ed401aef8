import { Inbox } from "../support/inbox.ts";
import type { JsonObject } from "../support/json.ts";

/** A connection whose frames come in a streamed response, and whose commands go in requests of their own. */
export class CommandStream implements AsyncDisposable {
  readonly #inbox = new Inbox<JsonObject>("a stream", (heard) => JSON.stringify(heard));
  readonly #abort = new AbortController();

  private constructor() {}

  /** Opens it, and connects. `url`: of the server. */
  static async open(url: string): Promise<CommandStream> {
    const stream = new CommandStream();
    const body = JSON.stringify({ id: 1, connect: {} });
    const response = await fetch(`${url}/connection/http_stream`, {
      method: "POST",
      body,
      signal: stream.#abort.signal,
    });
    void stream.#read(response);
    return stream;
  }

  /** The session and its node, of the reply to connect. */
  async connected(): Promise<{ readonly session: string; readonly node: string }> {
    const { connect } = (await this.next()) as { connect: { session: string; node: string } };
    return connect;
  }

  next(): Promise<JsonObject> {
    return this.#inbox.next();
  }

  async #read(response: Response): Promise<void> {
    let rest = "";
    try {
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "" && line !== "{}") this.#inbox.push(JSON.parse(line));
      }
    } catch {
      // It was ended.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
  }
}
