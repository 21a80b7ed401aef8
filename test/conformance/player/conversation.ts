import { fence } from "../../support/fence.ts";
import type { Backend } from "./backend.ts";
import { isNear } from "./compare.ts";
import { Names } from "./names.ts";
import { Patches } from "./patches.ts";
import { type Connection, Reader } from "./reader.ts";
import type { Step } from "./recording.ts";
import { keptHeaders, request } from "./request.ts";
import { fill, type Known } from "./templates.ts";
import { upgrade } from "./upgrade.ts";
import { type ConversationTime, Waiting } from "./waiting.ts";
import * as wire from "./wire.ts";

/** How much later than recorded a message may come while a step waits, in milliseconds of the conversation. */
const grace = 1_500;

/** Milliseconds of the conversation that pass at the end of a step: as many as of silence when it was recorded. */
const silence = 90;

/** What takes part in a conversation beside the server and its clients. */
interface Outside {
  readonly backend?: Backend | undefined;
  /** An engine in another process, whose time passes with that of the conversation. */
  readonly engine?: { fence(): Promise<unknown> } | undefined;
}

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
    now: () => Math.floor(this.waiting.time.clock.wall() / 1000),
  };
  private readonly waiting: Waiting;
  /** Pongs of streams that are on their way. */
  private readonly pongs = new Set<Promise<unknown>>();

  private readonly base: string;
  private readonly backend: Backend | undefined;
  private readonly engine: Outside["engine"];

  /** `time` is that of the server. */
  constructor(base: string, time: ConversationTime, { backend, engine }: Outside = {}) {
    this.base = base;
    this.engine = engine;
    this.waiting = new Waiting(time, { fence: () => this.fence(), isDelayed: () => backend?.isDelaying ?? false });
    this.backend = backend;
    backend?.reset({
      fill: (value) => this.fill(value),
      touch: () => this.waiting.touch(),
      sleep: (delay) => time.sleep(delay),
    });
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
    if (recorded) await this.awaitRecorded(recorded, out, step.wait !== undefined || step.align !== undefined);
    await this.waiting.pass(step.quiet ?? silence);
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
    if (step.sendBinary) this.connections.get(step.sendBinary)!.socket.send(Buffer.from(step.hex, "hex"));
    else if (step.sendText) this.connections.get(step.sendText)!.socket.send(step.text);
    else if (step.close) this.close(step.close);
    else if (step.api !== undefined || step.http) return this.request(step);
    else if (step.upgrade) return upgrade(this.base, this.fill(step.upgrade), this.fill(step.headers ?? {}));
    else if (step.align !== undefined) await this.waiting.pass(this.untilAligned(step.align));
    else if (step.wait) await this.waiting.pass(step.wait);
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
    await this.waiting.until(() => socket.readyState !== WebSocket.CONNECTING);
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
      if (!answersPings) return;
      const sent = this.emulate(connection, connection.isProtobuf ? wire.frame([{}]) : "{}").catch(() => {});
      this.pongs.add(sent);
      void sent.then(() => this.pongs.delete(sent));
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
    const { body, ...rest } = await request(this.base, step, (value) => this.fill(value));
    this.names.learnResult(body, step.body?.channel);
    return { ...rest, body };
  }

  private close(name: string): void {
    const { hangUp, socket } = this.connections.get(name)!;
    if (hangUp) hangUp();
    else socket.close(1000);
  }

  // Waiting

  /** Milliseconds until the current second is so many milliseconds old. */
  private untilAligned(age: number): number {
    return (1000 + age - (this.waiting.time.clock.wall() % 1000)) % 1000;
  }

  /** What was sent on a WebSocket has arrived when a ping was answered; streams have no pings, but share the client of another request. */
  private async fence(): Promise<void> {
    const all = [...this.connections.values()];
    const hasStreams = this.backend !== undefined || all.some(({ isStream }) => isStream);
    await this.engine?.fence();
    await Promise.all([
      ...all.map(({ socket }) => socket && fence(socket)),
      ...this.pongs,
      hasStreams && fetch(`${this.base}/health`).then((response) => response.arrayBuffer()),
    ]);
  }

  /** Waits for as much as was recorded; not for long if something else arrived. */
  private async awaitRecorded(recorded: any, out: any, isPassing: boolean): Promise<void> {
    const arrived = (name: string): any[] | undefined =>
      name === "backend" ? this.backend?.calls : this.connections.get(name)?.log;
    const lists = Object.entries<any>(recorded).filter(([name, list]) => Array.isArray(list) && arrived(name));
    const isComplete = () => lists.every(([name, list]) => arrived(name)!.length >= list.length);
    if (isPassing) {
      await this.waiting.pass(grace, isComplete);
      return;
    }
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
      return otherSince !== undefined && performance.now() - otherSince > 2_000;
    });
  }

  private fill(value: any): any {
    return fill(value, this.known);
  }
}
