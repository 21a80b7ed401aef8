import type { Backend } from "./backend.ts";
import { isNear } from "./compare.ts";
import { Names } from "./names.ts";
import { Patches } from "./patches.ts";
import { type Connection, Reader } from "./reader.ts";
import type { Step } from "./recording.ts";
import { fill, type Known } from "./templates.ts";
import { upgrade } from "./upgrade.ts";
import { patience, Waiting } from "./waiting.ts";
import * as wire from "./wire.ts";

/** How much later than recorded a message may come while a step waits. */
const grace = 1_500;
const apiHeaders = { "X-API-Key": "apikey", "content-type": "application/json" };

/** One conversation: its connections, and what each step makes arrive. */
export class Conversation {
  private readonly connections = new Map<string, Connection>();
  private readonly names = new Names();
  private readonly reader = new Reader(this.connections, this.names);
  private readonly known: Known = {
    client: (name) => this.connections.get(name)?.client ?? "?",
    session: (name) => this.connections.get(name)?.session ?? "?",
    node: (name) => this.connections.get(name)?.node ?? "?",
    epoch: (channel) => this.names.epochOf(channel),
    backend: () => this.backend?.address ?? "?",
  };
  private readonly waiting = new Waiting();

  private readonly base: string;
  private readonly backend: Backend | undefined;

  constructor(base: string, backend?: Backend) {
    this.base = base;
    this.backend = backend;
    backend?.reset(
      (value) => this.fill(value),
      () => this.waiting.touch(),
    );
    if (backend) this.names.set(backend.address, "<backend>");
  }

  /** Performs one step and returns what arrived until the next silence. `recorded`: what to wait for first, where it is late. */
  async perform(step: Step, recorded?: any): Promise<any> {
    for (const connection of this.connections.values()) connection.log = [];
    if (step.backend) {
      this.backend!.script(step.backend);
      return {};
    }
    const out = await this.act(step);
    if (recorded)
      await this.awaitRecorded(recorded, out, step.wait === undefined && step.align === undefined ? patience : grace);
    await this.waiting.silence(step.quiet);
    for (const [name, { log }] of this.connections) if (log.length > 0) out[name] = log;
    const requests = this.backend?.take() ?? [];
    const named = this.names.apply(out);
    return requests.length > 0
      ? { ...named, backend: requests.map((request) => this.names.applyRequest(request)) }
      : named;
  }

  end(): void {
    for (const { hangUp, socket } of this.connections.values()) {
      hangUp?.();
      socket?.terminate();
    }
  }

  private async act(step: Step): Promise<any> {
    if (step.open) return step.stream ? this.openStream(step) : this.openSocket(step);
    if (step.send) return this.send(step);
    if (step.sendBinary) this.socket(step.sendBinary).send(Buffer.from(step.hex, "hex"));
    else if (step.sendText) this.socket(step.sendText).send(step.text);
    else if (step.close) this.close(step.close);
    else if (step.api !== undefined || step.http) return this.request(step);
    else if (step.upgrade) return upgrade(this.base, this.fill(step.upgrade), this.fill(step.headers ?? {}));
    else if (step.align !== undefined) await Bun.sleep((1000 + step.align - (Date.now() % 1000)) % 1000);
    else if (step.wait) await Bun.sleep(step.wait);
    return {};
  }

  // Opening

  private connect(step: Step): Connection {
    const connection: Connection = {
      isStream: step.stream !== undefined,
      isProtobuf: step.proto === true,
      log: [],
      channels: {},
      patches: Patches.after(this.connections.get(step.after)?.patches),
    };
    this.connections.set(step.open, connection);
    return connection;
  }

  private async openSocket(step: Step): Promise<any> {
    const { open: name, path = "/connection/websocket", protocols, connect } = step;
    const answersPings = step.pong ?? !path.includes("/uni_");
    const query: string[] = step.query ? [this.fill(step.query)] : [];
    if (connect !== undefined) {
      query.push(
        `cf_connect=${encodeURIComponent(typeof connect === "string" ? connect : JSON.stringify(this.fill(connect)))}`,
      );
    }
    const url = this.base.replace(/^http/, "ws") + path + (query.length > 0 ? `?${query.join("&")}` : "");
    const socket: any = new WebSocket(url, { headers: this.fill(step.headers ?? {}), protocols } as any);
    socket.binaryType = "arraybuffer";
    const connection = this.connect(step);
    connection.socket = socket;
    const pong = () => {
      if (answersPings) socket.send(connection.isProtobuf ? wire.frame([{}]) : "{}");
    };
    socket.onmessage = ({ data }: MessageEvent) => {
      this.waiting.touch();
      this.reader.receiveFrame(name, connection, data, step, pong);
    };
    socket.onclose = ({ code, reason }: CloseEvent) => {
      this.waiting.touch();
      connection.log.push({ closed: [code, reason] });
    };
    socket.onerror = () => this.waiting.touch();
    await new Promise<void>((resolve) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("close", () => resolve());
      setTimeout(resolve, 2000);
    });
    if (socket.protocol === "centrifuge-protobuf") connection.isProtobuf = true;
    if (protocols) connection.log.push({ protocol: socket.protocol });
    return {};
  }

  private async openStream(step: Step): Promise<any> {
    const connection = this.connect(step);
    const stop = new AbortController();
    connection.hangUp = () => stop.abort();
    this.readStream(step, connection, stop.signal).catch(() => {
      this.waiting.touch();
      if (!stop.signal.aborted) connection.log.push({ broken: true });
    });
    // The response's status is the first entry; HTTP streaming sends its headers with the first message.
    await this.waiting.until(() => connection.log.length > 0);
    return {};
  }

  private async readStream(step: Step, connection: Connection, signal: AbortSignal): Promise<void> {
    const { open: name, stream, connect } = step;
    const isSse = stream.endsWith("sse");
    const method = step.method ?? (isSse ? "GET" : "POST");
    const commands = connect === undefined ? undefined : this.pack(connection, [connect].flat());
    const query: string[] = step.query ? [this.fill(step.query)] : [];
    if (method === "GET" && commands !== undefined) query.push(`cf_connect=${encodeURIComponent(commands as string)}`);
    const path = step.path ?? `/connection/${stream}`;
    const response = await fetch(this.base + path + (query.length > 0 ? `?${query.join("&")}` : ""), {
      method,
      body: method === "GET" ? undefined : (commands as any),
      headers: {
        ...(connection.isProtobuf ? { "content-type": "application/octet-stream" } : {}),
        ...this.fill(step.headers ?? {}),
      },
      signal,
      redirect: "manual",
    });
    this.waiting.touch();
    connection.log.push({ status: response.status, ...keptHeaders(response, step) });
    const answersPings = step.pong ?? !stream.startsWith("uni_");
    const pong = () => {
      if (answersPings) this.emulate(connection, connection.isProtobuf ? wire.frame([{}]) : "{}").catch(() => {});
    };
    const receive = connection.isProtobuf
      ? this.reader.messages(name, step, pong)
      : this.reader.lines(name, connection, step, pong, isSse);
    let rest = "";
    for await (const chunk of (response.body as any) ?? []) {
      this.waiting.touch();
      if (response.status === 200) rest = receive(chunk);
      else if (step.bodies) connection.log.push({ body: new TextDecoder().decode(chunk) });
    }
    this.waiting.touch();
    connection.log.push({ ended: true, ...(rest ? { cut: rest } : {}) });
  }

  // Sending

  private async send(step: Step): Promise<any> {
    const connection = this.connections.get(step.send)!;
    const commands = this.pack(connection, [step.frame].flat());
    if (connection.isStream) return { status: await this.emulate(connection, commands, this.fill(step.headers ?? {})) };
    connection.socket.send(commands);
    return {};
  }

  /** Commands as text or bytes; keeps the channel that each is about. */
  private pack(connection: Connection, commands: any[]): string | Buffer {
    const filled = commands.map((command) => this.fill(command));
    for (const command of filled) {
      const channel = command?.subscribe?.channel ?? command?.history?.channel;
      if (channel && command.id) connection.channels[command.id] = channel;
    }
    if (connection.isProtobuf) return wire.frame(filled);
    return filled.map((command) => (typeof command === "string" ? command : JSON.stringify(command))).join("\n");
  }

  private async emulate(
    { isProtobuf, session, node }: Connection,
    data: string | Buffer,
    headers: any = {},
  ): Promise<number> {
    const response = await fetch(`${this.base}/emulation`, {
      method: "POST",
      body: isProtobuf
        ? (wire.encode("EmulationRequest", {
            session: session ?? "",
            node: node ?? "",
            data: `hex:${(data as Buffer).toString("hex")}`,
          }) as any)
        : JSON.stringify({ session, node, data }),
      headers: isProtobuf ? { "content-type": "application/octet-stream", ...headers } : headers,
    });
    await response.arrayBuffer();
    return response.status;
  }

  private async request(step: Step): Promise<any> {
    const [method, path] = step.http ? step.http.split(" ") : ["POST", `/api/${step.api}`];
    const response = await fetch(this.base + path, {
      method,
      body: this.body(step),
      headers: this.fill(step.headers ?? (step.http ? {} : apiHeaders)),
      redirect: "manual",
    });
    const text = await response.text();
    let body: any = text.trimEnd();
    try {
      body = JSON.parse(text);
    } catch {}
    this.names.learnResult(body, step.body?.channel);
    return { status: response.status, ...keptHeaders(response, step), body };
  }

  private body({ body, proto }: Step): any {
    if (body === undefined) return undefined;
    if (proto) return wire.encode(proto, this.fill(body));
    if (typeof body !== "string") return JSON.stringify(this.fill(body));
    return body.startsWith("hex:") ? wire.bytesOf(body) : this.fill(body);
  }

  private close(name: string): void {
    const { hangUp, socket } = this.connections.get(name)!;
    if (hangUp) hangUp();
    else socket.close(1000);
  }

  // Waiting

  /** Waits for as much as was recorded, so that a busy machine is not a difference; not for long if something else arrived. */
  private async awaitRecorded(recorded: any, out: any, limit: number): Promise<void> {
    const arrived = (name: string): any[] | undefined =>
      name === "backend" ? this.backend?.calls : this.connections.get(name)?.log;
    const lists = Object.entries<any>(recorded).filter(([name, list]) => Array.isArray(list) && arrived(name));
    const isComplete = () => lists.every(([name, list]) => arrived(name)!.length >= list.length);
    const isOther = () =>
      ("status" in recorded && recorded.status !== out.status) ||
      lists.some(
        ([name, list]) =>
          name !== "backend" && this.names.apply(arrived(name)!).some((each: any, i: number) => !isNear(list[i], each)),
      );
    let otherSince: number | undefined;
    await this.waiting.until(() => {
      if (isComplete()) return true;
      otherSince = isOther() ? (otherSince ?? performance.now()) : undefined;
      return otherSince !== undefined && performance.now() - otherSince > 150;
    }, limit);
  }

  private fill(value: any): any {
    return fill(value, this.known);
  }

  private socket(name: string): any {
    return this.connections.get(name)!.socket;
  }
}

function keptHeaders({ headers }: Response, { keep }: Step): { headers?: Record<string, string | null> } {
  if (!keep) return {};
  return {
    headers: Object.fromEntries(
      keep.filter((name: string) => headers.has(name)).map((name: string) => [name, headers.get(name)]),
    ),
  };
}
