import { take } from "../conformance/player/wire.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { SeededRandom } from "../support/random.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { connect, damagedFrame, emulationBody, encoded } from "./transport-mutations.ts";

/** Hostile clients at the same time. */
const attackers = 16;

/** Damaged frames on one WebSocket: most of them end it. */
const framesPerSocket = 6;

/** What came of a run: damaged frames and bodies that were sent, and what requests were answered, by status. */
export interface TransportFuzzReport {
  readonly sent: Readonly<Record<"frames" | "openings" | "bodies", number>>;
  readonly statuses: ReadonlyMap<number, number>;
}

/** A server with every transport, on which each damaged command reaches what it names. */
export function startFuzzedServer(): Promise<TestServer> {
  const isEnabled = { enabled: true };
  const everyone = { allow_history_for_client: true, allow_history_for_anonymous: true };
  const presence = { presence: true, allow_presence_for_client: true, allow_presence_for_anonymous: true };
  const kept = { history_size: 10, history_ttl: "60s", force_recovery: true, allow_tags_filter: true };
  return startTestServer({
    engine: { type: "memory" },
    sse: isEnabled,
    http_stream: isEnabled,
    uni_sse: isEnabled,
    uni_http_stream: isEnabled,
    uni_websocket: isEnabled,
    channel: {
      without_namespace: { ...everyone, ...presence, ...kept, join_leave: true, allowed_delta_types: ["fossil"] },
    },
  });
}

/**
 * Sends so many damaged Protobuf frames, stream openings and bodies of `/emulation` while bystanders talk. Fails where
 * the server answers 500, and where a bystander loses a message.
 */
export async function fuzzTransports(server: TestServer, seed: number, count: number): Promise<TransportFuzzReport> {
  const sent = { frames: 0, openings: 0, bodies: 0 };
  const statuses = new Map<number, number>();
  const all = () => sent.frames + sent.openings + sent.bodies;
  const attack = async (_: unknown, index: number) => {
    const random = new SeededRandom(seed + index);
    using client = new HostileClient(server, random, sent, statuses);
    while (all() < count) await client.attack();
  };
  await amongBystanders(server.ws, async () => {
    await Promise.all(Array.from({ length: attackers }, attack));
  });
  return { sent, statuses };
}

/** A stream whose commands come in bodies of `/emulation`. */
interface EmulatedSession {
  readonly session: string;
  readonly node: string;
  readonly isProtobuf: boolean;
  readonly abort: AbortController;
  isOver: boolean;
}

class HostileClient implements Disposable {
  readonly #server: TestServer;
  readonly #random: SeededRandom;
  readonly #sent: Record<keyof TransportFuzzReport["sent"], number>;
  readonly #statuses: Map<number, number>;
  #emulated: EmulatedSession | null = null;

  constructor(
    server: TestServer,
    random: SeededRandom,
    sent: Record<keyof TransportFuzzReport["sent"], number>,
    statuses: Map<number, number>,
  ) {
    this.#server = server;
    this.#random = random;
    this.#sent = sent;
    this.#statuses = statuses;
  }

  async attack(): Promise<void> {
    const kind = this.#random.int(4);
    if (kind === 0) await this.#attackSocket();
    else if (kind === 1) await this.#attackOpening();
    else for (let bodies = 0; bodies < framesPerSocket; bodies += 1) await this.#attackEmulation();
  }

  [Symbol.dispose](): void {
    this.#emulated?.abort.abort();
  }

  /** Protobuf frames over WebSocket, mostly behind a whole connect. */
  async #attackSocket(): Promise<void> {
    const path = this.#random.pick(["websocket?format=protobuf", "websocket?format=protobuf", "uni_websocket"]);
    const socket = new WebSocket(`${this.#server.ws}/connection/${path}`);
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.addEventListener("close", () => resolve());
    socket.addEventListener("open", () => {
      if (this.#random.int(4) > 0) socket.send(Uint8Array.from(encoded([connect], true)));
      for (let frames = 0; frames < framesPerSocket; frames += 1) {
        socket.send(Uint8Array.from(damagedFrame(this.#random, true)));
        this.#sent.frames += 1;
      }
      socket.close();
    });
    await promise;
  }

  /** A damaged first frame of a stream, of which the head of the response is read. */
  async #attackOpening(): Promise<void> {
    const isProtobuf = this.#random.int(3) === 0;
    const path = isProtobuf ? "http_stream" : this.#random.pick(["http_stream", "sse", "uni_sse", "uni_http_stream"]);
    const body = damagedFrame(this.#random, isProtobuf);
    const isInQuery = path.endsWith("sse") && this.#random.int(2) === 0;
    const url = `${this.#server.url}/connection/${path}`;
    const abort = new AbortController();
    this.#sent.openings += 1;
    const query = `?cf_connect=${body.toString("latin1").replace(/[^ -~]/g, (letter) => `%${hex(letter)}`)}`;
    const response = await (isInQuery
      ? fetch(url + query, { signal: abort.signal })
      : this.#post(url, body, isProtobuf, abort));
    this.#count(response.status);
    abort.abort();
  }

  async #attackEmulation(): Promise<void> {
    const emulated = await this.#session();
    this.#sent.bodies += 1;
    const body = emulationBody(this.#random, emulated);
    const response = await this.#post(`${this.#server.url}/emulation`, body, emulated.isProtobuf);
    this.#count(response.status);
    await response.arrayBuffer();
  }

  /** The session that the client has, or another where that has ended. */
  async #session(): Promise<EmulatedSession> {
    if (this.#emulated && !this.#emulated.isOver) return this.#emulated;
    this.#emulated?.abort.abort();
    const isProtobuf = this.#random.int(2) === 0;
    const abort = new AbortController();
    const url = `${this.#server.url}/connection/http_stream`;
    const response = await this.#post(url, encoded([connect], isProtobuf), isProtobuf, abort);
    const reader = response.body?.getReader();
    const first = Buffer.from((await reader?.read())?.value ?? []);
    const reply = isProtobuf ? take(first).messages[0] : JSON.parse(first.toString().split("\n")[0] ?? "");
    const { session, node } = reply.connect;
    const emulated = { session, node, isProtobuf, abort, isOver: false };
    const drain = async () => {
      while (!(await reader?.read())?.done);
    };
    void drain()
      .catch(() => {})
      .finally(() => {
        emulated.isOver = true;
      });
    this.#emulated = emulated;
    return emulated;
  }

  #post(url: string, body: Buffer, isProtobuf: boolean, abort?: AbortController): Promise<Response> {
    const headers = { "Content-Type": isProtobuf ? "application/octet-stream" : "application/json" };
    return fetch(url, { method: "POST", headers, body: Uint8Array.from(body), ...(abort && { signal: abort.signal }) });
  }

  #count(status: number): void {
    if (status >= 500) throw new Error(`The server answered ${status}.`);
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
  }
}

function hex(letter: string): string {
  return letter.charCodeAt(0).toString(16).padStart(2, "0");
}
