/*
A scripted HTTP backend for conversations about hooks (proxies): it answers what the server asks its application.

  { backend: { "/path": ANSWER, "/other": [ANSWER, ANSWER] } }     a step: from now on these paths answer so
  ANSWER: { status?: 200, body?, headers?, delay?: ms, hang?: true (never answers), drop?: true (closes the connection) }
          body: an object is sent as JSON, a text as it is; templates in body and headers are filled in when it is sent

Of a list each request takes the next answer; the last one stays. A path without a script answers 404 and is recorded with unscripted: true.
The requests of a step are recorded under `backend`, in the order of arrival: [{ path, headers, body, method? (if not POST) }].
Headers that belong to the HTTP client are left out: host, content-length, accept, accept-encoding, connection, its default user agent.
*/
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

interface Answer {
  status?: number;
  body?: any;
  headers?: Record<string, string>;
  delay?: number;
  hang?: boolean;
  drop?: boolean;
}

const ignored = ["host", "content-length", "accept", "accept-encoding", "connection", "transfer-encoding"];
const defaultAgent = /^(Go-http-client|Bun|node|undici)\b/i;

/** What a backend has of its conversation. */
interface Conversing {
  /** Fills in templates. */
  fill(value: any): any;
  /** Something has arrived, or is answered. */
  touch(): void;
  /** Waits for so many milliseconds of the conversation. */
  sleep(delay: number): Promise<void>;
}

export class Backend {
  /** The requests since the last `take`. */
  calls: any[] = [];
  private readonly scripts = new Map<string, Answer[]>();
  private server?: Server;
  private fill: (value: any) => any = (value) => value;
  private touch: () => void = () => {};
  private sleep: (delay: number) => Promise<void> = Bun.sleep;
  private delayed = 0;

  get address(): string {
    const address = this.server?.address();
    return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  start(): Promise<void> {
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.keepAliveTimeout = 60_000;
    return new Promise((resolve, reject) => {
      this.server!.once("error", reject);
      this.server!.listen(0, "127.0.0.1", () => resolve());
    });
  }

  /** A request waits for its answer until time has passed, or for ever. */
  get isDelaying(): boolean {
    return this.delayed > 0;
  }

  /** Begins a conversation: nothing is scripted, nothing was asked. */
  reset({ fill, touch, sleep }: Conversing): void {
    this.calls = [];
    this.scripts.clear();
    this.fill = fill;
    this.touch = touch;
    this.sleep = sleep;
  }

  script(answers: Record<string, Answer | Answer[]>): void {
    for (const [path, answer] of Object.entries(answers)) this.scripts.set(path, [answer].flat());
  }

  stop(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  take(): any[] {
    const calls = this.calls;
    this.calls = [];
    return calls;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.touch();
    let text = "";
    for await (const part of request) text += part;
    const path = request.url!;
    const script = this.scripts.get(path);
    const answer = script && (script.length > 1 ? script.shift()! : script[0]!);
    this.calls.push({
      ...(request.method === "POST" ? {} : { method: request.method }),
      path,
      headers: Object.fromEntries(
        Object.entries(request.headers).filter(([name, value]) => isRecorded(name, String(value))),
      ),
      ...(text ? { body: parsed(text) } : {}),
      ...(answer ? {} : { unscripted: true }),
    });
    this.touch();
    if (answer?.delay || answer?.hang) await this.wait(response, answer.delay ?? Number.POSITIVE_INFINITY);
    if (response.destroyed) return;
    if (answer?.drop) {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer ? (answer.status ?? 200) : 404, {
      "content-type": "application/json",
      ...this.fill(answer?.headers ?? {}),
    });
    response.end(this.textOf(answer?.body));
    this.touch();
  }

  /** Waits for the delay of an answer, or until its request is given up. */
  private async wait(response: ServerResponse, delay: number): Promise<void> {
    this.delayed += 1;
    await Promise.race([this.sleep(delay), new Promise((resolve) => response.once("close", resolve))]);
    this.delayed -= 1;
  }

  private textOf(body: any): string {
    if (body === undefined) return "";
    return typeof body === "string" ? this.fill(body) : JSON.stringify(this.fill(body));
  }
}

const isRecorded = (name: string, value: string) =>
  !ignored.includes(name) && !(name === "user-agent" && defaultAgent.test(value));

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
