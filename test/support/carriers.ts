import type { Registry } from "../../actors/hub/registry.ts";
import { encode, events, frame, take } from "../conformance/player/wire.ts";
import { fence } from "./fence.ts";
import { isList, isObject, type Json, type JsonObject } from "./json.ts";
import type { Closed } from "./probe.ts";

/** The transports of clients that send commands, each with an encoding. */
export const transports = ["websocket", "protobuf", "sse", "http_stream", "protobuf_stream"] as const;

export type Transport = (typeof transports)[number];

/** The way between a probe and the server, over one transport in one encoding. */
export interface Carrier {
  /** Sends commands as one frame. */
  send(commands: readonly (JsonObject | string)[]): void;
  sendFrame(frame: string | Uint8Array<ArrayBuffer>): void;
  /** Resolves when the server has read all that was sent, and all that it sent by then has come. */
  fence(): Promise<void>;
  /** Ends the connection as a page does. */
  close(): void;
  /** Stops reading until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends the connection without a word. */
  cut(): void;
}

/** What a carrier tells its probe. */
export interface Ear {
  opened(): void;
  heard(message: JsonObject): void;
  closed(closed: Closed): void;
}

/** Where a carrier goes. */
export interface Way {
  /** The server's WebSocket address without a path. */
  readonly url: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Has the server write a message to the connection: the fence of a stream, which has no ping frame. */
  readonly mark?: ((client: string) => boolean) | undefined;
}

export function carrierOf(transport: Transport, way: Way, ear: Ear): Carrier {
  switch (transport) {
    case "websocket":
      return webSocketCarrier(way, ear, false);
    case "protobuf":
      return webSocketCarrier(way, ear, true);
    default:
      return new StreamCarrier(transport, way, ear);
  }
}

/** What the marking message holds; no other message of a test does. */
const mark = "all up to here";

/** Writes down a connection what ends the fence of its client; false where there is no such connection. */
export function writeMark(registry: Registry, client: string): boolean {
  const member = registry.member(client);
  member?.socket.message({ kind: "json", json: JSON.stringify(mark) });
  return member !== null;
}

const bytesFields = new Set(["data", "conn_info", "chan_info"]);

/** JSON values as the text that Protobuf's fields of bytes hold, and back. */
function withFields(value: Json, convert: (value: Json) => Json, key = ""): Json {
  if (bytesFields.has(key)) return convert(value);
  if (isList(value)) return value.map((each) => withFields(each, convert));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withFields(each, convert, name)]));
}

/** Commands as one frame. */
export function encodeAll(
  commands: readonly (JsonObject | string)[],
  isProtobuf: boolean,
): string | Uint8Array<ArrayBuffer> {
  if (isProtobuf) {
    const objects = commands.map((command) => (typeof command === "string" ? JSON.parse(command) : command));
    return Uint8Array.from(frame(objects.map((each) => withFields(each, (value) => JSON.stringify(value)))));
  }
  return commands.map((command) => (typeof command === "string" ? command : JSON.stringify(command))).join("\n");
}

function parsed(line: string): JsonObject {
  const message: Json = JSON.parse(line);
  if (isObject(message)) return message;
  throw new Error(`The server sent ${line}, which is no object.`);
}

/** Reads whole messages from the front of Protobuf bytes. */
function takeAll(bytes: Buffer): { readonly messages: JsonObject[]; readonly rest: Buffer } {
  const { messages, rest } = take(bytes);
  const texts = messages.map((each) => withFields(each, (value) => JSON.parse(String(value))) as JsonObject);
  return { messages: texts, rest };
}

function webSocketCarrier({ url, query, headers }: Way, ear: Ear, isProtobuf: boolean): Carrier {
  const queries = [query, isProtobuf ? "format=protobuf" : ""].filter((each) => each !== "").join("&");
  const address = `${url}/connection/websocket${queries && `?${queries}`}`;
  const socket = new WebSocket(address, { headers, perMessageDeflate: false });
  socket.binaryType = "nodebuffer";
  socket.addEventListener("open", () => ear.opened());
  socket.addEventListener("message", ({ data }) => {
    const messages = isProtobuf ? takeAll(data).messages : String(data).split("\n").map(parsed);
    for (const message of messages) ear.heard(message);
  });
  socket.addEventListener("close", ({ code, reason }) => ear.closed({ code, reason }));
  return {
    send: (commands) => socket.send(encodeAll(commands, isProtobuf)),
    sendFrame: (bytes) => socket.send(bytes),
    fence: () => fence(socket),
    close: () => socket.close(1000),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    cut: () => socket.terminate(),
  };
}

/** A stream for what comes, opened by the first frame; what is sent after it goes up in requests, one after the other. */
class StreamCarrier implements Carrier {
  readonly #url: string;
  readonly #way: Way;
  readonly #ear: Ear;
  readonly #isSse: boolean;
  readonly #isProtobuf: boolean;
  readonly #abort = new AbortController();
  readonly #connected = Promise.withResolvers<void>();
  #fenced: (() => void) | null = null;
  /** The requests so far, each after the one before it. */
  #sent: Promise<unknown> | null = null;
  #client = "";
  #session = "";
  #node = "";
  #end: Closed = { code: 1006, reason: "" };
  #isOver = false;

  constructor(transport: Transport, way: Way, ear: Ear) {
    this.#isSse = transport === "sse";
    this.#isProtobuf = transport === "protobuf_stream";
    this.#url = way.url.replace(/^ws/, "http");
    this.#way = way;
    this.#ear = ear;
    queueMicrotask(() => ear.opened());
  }

  send(commands: readonly (JsonObject | string)[]): void {
    this.sendFrame(encodeAll(commands, this.#isProtobuf));
  }

  sendFrame(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.#sent === null) {
      this.#sent = this.#connected.promise;
      void this.#open(frame);
      return;
    }
    this.#sent = this.#sent.then(() => this.#emulate(frame));
  }

  async fence(): Promise<void> {
    await this.#sent;
    if (this.#isOver || this.#way.mark === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#fenced = resolve;
    // Where the server has no such connection any more, the end of the stream is on its way.
    this.#way.mark(this.#client);
    await promise;
    // What came before the mark may have been answered: by a pong.
    await this.#sent;
  }

  close(): void {
    this.cut();
  }

  pause(): void {
    throw new Error("A stream of fetch cannot be paused.");
  }

  resume(): void {}

  cut(): void {
    this.#over();
    this.#abort.abort();
  }

  #post(path: string, body: string | Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<Response> {
    const type = this.#isProtobuf ? "application/octet-stream" : "application/json";
    const headers = { ...this.#way.headers, "Content-Type": type };
    return fetch(this.#url + path, { method: "POST", headers, body, ...(signal && { signal }) });
  }

  async #open(frame: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const path = `/connection/${this.#isSse ? "sse" : "http_stream"}`;
    try {
      const { body, status } = await this.#post(path, frame, this.#abort.signal);
      if (body === null || status !== 200) throw new Error(`${path} answered ${status}`);
      const read = this.#isProtobuf ? this.#messages() : this.#lines();
      for await (const chunk of body) for (const message of read(chunk)) this.#hear(message);
    } catch {
      // Cut, by this side or the other.
    }
    if (!this.#isOver) this.#ear.closed(this.#end);
    this.#over();
  }

  async #emulate(frame: string | Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#isOver) return;
    const request = { session: this.#session, node: this.#node };
    const body =
      typeof frame === "string" ? JSON.stringify({ ...request, data: frame }) : emulationRequest(request, frame);
    // A connection that has ended is told so by its stream.
    await this.#post("/emulation", body).catch(() => {});
  }

  #hear(message: JsonObject): void {
    const { connect, push } = message;
    if (isObject(connect)) {
      this.#client = String(connect["client"]);
      this.#session = String(connect["session"]);
      this.#node = String(connect["node"]);
      this.#connected.resolve();
    }
    if (isObject(push) && isObject(push["disconnect"])) {
      const { code, reason } = push["disconnect"];
      this.#end = { code: Number(code), reason: String(reason ?? "") };
      return;
    }
    if (isObject(push) && isObject(push["message"]) && push["message"]["data"] === mark) this.#fenced?.();
    else this.#ear.heard(message);
  }

  #over(): void {
    this.#isOver = true;
    this.#connected.resolve();
    this.#fenced?.();
  }

  #lines(): (chunk: Uint8Array) => JsonObject[] {
    const decoder = new TextDecoder();
    let text = "";
    return (chunk) => {
      text += decoder.decode(chunk, { stream: true });
      const found = this.#isSse ? events(text) : { events: text.split("\n"), rest: "" };
      const lines = found.events.map(String);
      text = this.#isSse ? found.rest : (lines.pop() ?? "");
      return lines.map(parsed);
    };
  }

  #messages(): (chunk: Uint8Array) => JsonObject[] {
    let bytes: Buffer = Buffer.alloc(0);
    return (chunk) => {
      const { messages, rest } = takeAll(Buffer.concat([bytes, chunk]));
      bytes = rest;
      return messages;
    };
  }
}

function emulationRequest(request: { session: string; node: string }, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(encode("EmulationRequest", { ...request, data: `hex:${Buffer.from(data).toString("hex")}` }));
}
