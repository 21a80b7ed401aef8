import { Inbox } from "./inbox.ts";
import type { Json } from "./json.ts";

/** A client of a streamed response: what arrives, message by message; at the end `{ ended: true }`. */
export class StreamProbe implements Disposable {
  readonly #abort: AbortController;
  readonly #inbox = new Inbox<Json>("stream", (message) => JSON.stringify(message));

  constructor(abort: AbortController) {
    this.#abort = abort;
  }

  next(): Promise<Json> {
    return this.#inbox.next();
  }

  /** Reads the body to its end: events, or lines. */
  async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of body) {
        rest += decoder.decode(chunk, { stream: true });
        const lines = rest.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) this.#take(line.trim());
      }
    } catch {
      // Cut by this side or the other: the end of the stream.
    }
    this.#inbox.push({ ended: true });
  }

  /** Closes the request. */
  [Symbol.dispose](): void {
    this.#abort.abort();
  }

  #take(line: string): void {
    const json = line.startsWith("data: ") ? line.slice("data: ".length) : line;
    if (json !== "" && json !== "{}") this.#inbox.push(JSON.parse(json));
  }
}

/** Opens a stream; pings are left out. */
export async function openStream(url: string, request: RequestInit = {}): Promise<StreamProbe> {
  const abort = new AbortController();
  const response = await fetch(url, { ...request, signal: abort.signal });
  if (!response.body || response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  const probe = new StreamProbe(abort);
  void probe.read(response.body);
  return probe;
}
