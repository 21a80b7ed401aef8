import type { ServerWebSocket, WebSocketHandler } from "bun";
import type { ConnectionRef } from "../../actors/hub/registry.ts";
import type { Clock } from "../core/clock.ts";
import type { ConnectCommand } from "../core/command.ts";
import { type Disconnect, disconnects } from "../core/disconnects.ts";
import type { Frame } from "../core/frame.ts";
import { RatedLog } from "../core/rated-log.ts";
import type { ProtocolSettings } from "../protocol/protocol.ts";
import type { Admission } from "./admission.ts";
import { type Arrivals, countFrame } from "./arrivals.ts";
import { createInbound, type Inbound, type InboundPorts } from "./inbound.ts";
import { InboundTurns, type Rest } from "./inbound-turns.ts";
import type { Pacer } from "./pacer.ts";
import type { BunSocket } from "./socket.ts";

/** What the handlers need. */
export interface WebSocketPorts extends InboundPorts {
  readonly admission: Admission;
  /** Paces the end of connections whose sockets are closed. */
  readonly closes: Pacer;
  /** Spawns the connection of a socket that was upgraded. */
  adopt(socket: BunSocket, connect?: ConnectCommand): ConnectionRef;
  /** Bytes of the largest frame that any protocol takes: the runtime refuses larger ones. */
  readonly frameBytesMax: number;
  /** Bytes of a frame before the credentials are accepted: no path takes larger ones of strangers. */
  readonly connectBytesMax: number;
  readonly arrivals: Pick<Arrivals, "entered" | "left">;
  /** Runs a task in the next turn of the event loop. */
  schedule(task: () => void): void;
}

/**
 * What Bun calls. Every handler is synchronous and ends in one `send` to the connection's actor, or in the publish lane. None
 * throws from input; should one throw all the same, `error` is the net.
 */
export function createWebSocketHandlers(ports: WebSocketPorts): WebSocketHandler<BunSocket> {
  const { clock, counters } = ports;

  const inbound = createInbound(ports);
  const failed = createFailed(ports);
  const turns = new InboundTurns<BunSocket>({
    now: () => clock.monotonic(),
    schedule: ports.schedule,
    read: frameReader(ports, inbound),
    failed: (socket, error) => failed(error, socket),
  });

  return {
    open(ws) {
      const socket = ws.data;
      socket.ws = ws;
      socket.heardAt = clock.monotonic();
      socket.filledAt = socket.heardAt;
      ports.admission.entered(socket.limitKey);
      ports.arrivals.entered(socket);
      startConnection(ports, socket);
      if (socket.request !== null && socket.connection) turns.take(socket, socket.request, socket.heardAt);
    },

    message(ws, frame) {
      const socket = ws.data;
      if (!socket.connection) return;
      socket.heardAt = clock.monotonic();
      counters.framesIn += 1;
      counters.bytesIn += frame.length;
      countFrame(socket, typeof frame === "string" ? Buffer.byteLength(frame) : frame.byteLength);
      socket.settled = -1;
      turns.take(socket, frame, socket.heardAt);
    },

    ping(ws, { byteLength }) {
      heard(ws, clock);
      countFrame(ws.data, byteLength);
      // The runtime has answered with a pong: a client that takes none of them is slow.
      ws.data.watch();
      inbound.isWithinRate(ws.data);
    },

    pong(ws, { byteLength }) {
      heard(ws, clock);
      countFrame(ws.data, byteLength);
      ws.data.watch();
      if (!ws.data.pinged) inbound.isWithinRate(ws.data);
      ws.data.pinged = false;
    },

    drain(ws) {
      ws.data.progressAt = clock.monotonic();
      if (ws.getBufferedAmount() === 0) ws.data.connection?.send({ type: "socket.drained" });
    },

    close(ws, code, reason) {
      ports.admission.left(ws.data.limitKey);
      ports.arrivals.left(ws.data);
      // Behind the frames that it has sent before.
      turns.after(ws.data, () => {
        const connection = ws.data.closed();
        if (connection) ports.closes.run(() => notifyClosed(connection, reported(code, reason)));
      });
    },

    error: (error: Error, ws?: ServerWebSocket<BunSocket>) => failed(error, ws?.data),

    ...runtimeOptions,
    maxPayloadLength: ports.frameBytesMax,
  };
}

/** Bun drops published messages silently under any other limit of backpressure; pings and deadlines are the server's own. */
export const runtimeOptions = {
  idleTimeout: 0,
  sendPings: false,
  perMessageDeflate: false,
  backpressureLimit: 0,
  closeOnBackpressureLimit: false,
  publishToSelf: false,
};

/** Starts the connection of a socket, and gives it what came with the upgrade. */
function startConnection(ports: WebSocketPorts, socket: BunSocket): void {
  const connect = socket.capabilities.sendsConnect ? undefined : connectOf(socket);
  const connection = ports.adopt(socket, connect);
  // The actor that is not admitted may have closed it already.
  if (!socket.isOpen()) return;
  socket.connection = connection;
  if (connect && socket.isConnecting())
    connection.send({ type: "client.connect", command: connect, bytes: 0, frame: 0 });
}

/** Reads a frame when its turn has come. */
function frameReader(ports: WebSocketPorts, inbound: Inbound) {
  return (socket: BunSocket, frame: Frame, isOver: () => boolean): Rest => {
    // It may have ended while the frame waited.
    if (!socket.connection) return null;
    if (isOversized(frame, socket.protocol.settings) || (isLarge(frame, ports) && socket.isConnecting()))
      socket.oversized();
    // As recorded: what a unidirectional client sends after its request is dropped.
    else if (socket.capabilities.isUnidirectional && socket.frames > 0) inbound.isWithinRate(socket);
    else return inbound.read(socket, frame, isOver);
    return null;
  };
}

/** What follows where a handler has thrown. */
function createFailed(ports: WebSocketPorts) {
  const faults = new RatedLog("handler.failed", { ...ports, level: "error" });
  return (error: unknown, socket: BunSocket | undefined): void => {
    ports.counters.errors += 1;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    faults.add("", () => ({ connection: socket?.id, error: reason }));
    // Without the event its connection would stay.
    if (socket?.connection) socket.connection.send({ type: "handler.failed" });
    else socket?.close(disconnects.internal);
  };
}

/** While it waited for its turn a connection may have come to an end by another way. */
function notifyClosed(connection: ConnectionRef, disconnect: Disconnect): void {
  if (connection.getSnapshot().status === "active") connection.send({ type: "socket.closed", disconnect });
}

function heard(ws: ServerWebSocket<BunSocket>, clock: Clock): void {
  ws.data.heardAt = clock.monotonic();
}

/** The connect command of a client that sends none: its credentials came with the upgrade. */
function connectOf(socket: BunSocket): ConnectCommand {
  const { token } = socket;
  socket.token = null;
  return token === null ? noCredentials : { ...noCredentials, token };
}

const noCredentials: ConnectCommand = {
  method: "connect",
  id: 1,
  token: null,
  data: null,
  subs: new Map(),
  name: "",
  version: "",
  headers: null,
};

/** Whether a frame is larger than one that connects may be: only these are looked at twice. */
function isLarge(frame: Frame, { connectBytesMax }: WebSocketPorts): boolean {
  return frame.length > connectBytesMax;
}

function isOversized(frame: Frame, { textBytesMax, binaryBytesMax }: ProtocolSettings): boolean {
  if (typeof frame !== "string") return frame.byteLength > binaryBytesMax;
  // A UTF-16 unit is one to three bytes of UTF-8: only a long text needs to be measured.
  return frame.length > textBytesMax || (frame.length * 3 > textBytesMax && Buffer.byteLength(frame) > textBytesMax);
}

/**
 * How a socket ended, as the metric and the log should have it. What Bun itself refuses it reports as 1006 with its
 * reason, although the client received 1002, 1007 or 1009 (measured on Bun 1.4.5).
 */
function reported(code: number, reason: string): Disconnect {
  if (code !== 1006 || reason === "") return { code, reason };
  if (reason === "Received too big message") return { code: 1009, reason };
  if (reason === "Received invalid UTF-8") return { code: 1007, reason };
  return { code: reason.startsWith("Received") ? 1002 : 1006, reason };
}
