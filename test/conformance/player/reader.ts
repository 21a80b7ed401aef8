import type { Names } from "./names.ts";
import type { Patches } from "./patches.ts";
import type { Step } from "./recording.ts";
import * as wire from "./wire.ts";

/** One connection of a conversation. */
export interface Connection {
  /** A WebSocket of Bun. */
  socket?: any;
  hangUp?: () => void;
  /** Whether commands are sent by POST /emulation. */
  isStream: boolean;
  isProtobuf: boolean;
  /** What has arrived in the current step. */
  log: any[];
  client?: string;
  session?: string;
  node?: string;
  /** The channel of each command, by its id. */
  channels: Record<string, string>;
  patches: Patches;
}

/** Reads what arrives on the connections of one conversation into their logs. */
export class Reader {
  private readonly connections: ReadonlyMap<string, Connection>;
  private readonly names: Names;

  constructor(connections: ReadonlyMap<string, Connection>, names: Names) {
    this.connections = connections;
    this.names = names;
  }

  receiveFrame(name: string, connection: Connection, data: string | ArrayBuffer, step: Step, pong: () => void): void {
    const { log } = connection;
    if (typeof data !== "string") {
      if (!connection.isProtobuf) {
        log.push({ binary: Buffer.from(data).toString("hex") });
        return;
      }
      const { messages, rest } = wire.take(Buffer.from(data));
      for (const message of messages) this.receive(name, message, step, pong);
      if (rest.length > 0 || data.byteLength === 0) log.push({ cut: rest.toString("hex") });
      return;
    }
    if (connection.isProtobuf) {
      log.push({ text: data });
      return;
    }
    if (data === "") log.push({ emptyFrame: true });
    for (const line of data.split("\n")) if (line) this.receiveLine(name, line, step, pong);
  }

  /** Reads a stream of Protobuf messages; each call returns what is left, as hex. */
  messages(name: string, step: Step, pong: () => void) {
    let bytes: Buffer = Buffer.alloc(0);
    return (chunk: Uint8Array): string => {
      const { messages, rest } = wire.take(Buffer.concat([bytes, chunk]));
      bytes = rest;
      for (const message of messages) this.receive(name, message, step, pong);
      return bytes.toString("hex");
    };
  }

  /** Reads a stream of JSON lines, or of events that hold some; each call returns what is left. */
  lines(name: string, connection: Connection, step: Step, pong: () => void, isSse: boolean) {
    const decoder = new TextDecoder();
    let text = "";
    return (chunk: Uint8Array): string => {
      text += decoder.decode(chunk, { stream: true });
      if (isSse) {
        const { events, rest } = wire.events(text);
        text = rest;
        for (const event of events) {
          if (typeof event === "string") this.receiveLine(name, event, step, pong);
          else connection.log.push(event);
        }
      } else {
        const lines = text.split("\n");
        text = lines.pop()!;
        for (const line of lines) if (line) this.receiveLine(name, line, step, pong);
      }
      return text;
    };
  }

  private receiveLine(name: string, line: string, step: Step, pong: () => void): void {
    let message: any;
    try {
      message = JSON.parse(line);
    } catch {
      this.connections.get(name)!.log.push({ raw: line });
      return;
    }
    this.receive(name, message, step, pong, line === "{}");
  }

  private receive(
    name: string,
    message: any,
    step: Step,
    pong: () => void,
    isPing = Object.keys(message).length === 0,
  ): void {
    if (isPing) {
      pong();
      if (!step.pings) return;
    }
    const connection = this.connections.get(name)!;
    const asked = connection.channels[message?.id];
    for (const key of ["client", "session", "node"] as const)
      if (message?.connect?.[key]) connection[key] = message.connect[key];
    this.names.learn(name, message, asked);
    connection.patches.read(message, asked);
    if (!step.only) connection.log.push(message);
  }
}
