import type { ConnectionEvent } from "../../actors/connection/events.ts";
import type { Command } from "../core/command.ts";
import type { Frame } from "../core/frame.ts";
import type { Log } from "../core/log.ts";
import { takeToken } from "../core/rate.ts";
import type { Counters } from "../metrics/counters.ts";
import type { BunSocket } from "./socket.ts";

/** What reading frames needs. */
export interface InboundPorts {
  readonly log: Log;
  readonly counters: Counters;
  /** Frames or commands a second of one connection; a limit of 0 is none. */
  readonly messageRate: { readonly limit: number; readonly burst: number };
}

/** Refusals in a row after which a connection ends with 3013. */
const refusalsMax = 50;

/** The way in: a frame within its rate becomes commands, and each command one event of its connection, or passes its gate. */
export function createInbound({ log, counters, messageRate }: InboundPorts) {
  /** Takes a token for one frame or command; otherwise counts the refusal, and ends the connection at the fiftieth. */
  const isWithinRate = (socket: BunSocket): boolean => {
    if (takeToken(socket, socket.heardAt, messageRate)) {
      socket.refusals = 0;
      return true;
    }
    counters.limited += 1;
    socket.refusals += 1;
    if (socket.refusals === 1) log.warn("client.limited", { connection: socket.id });
    if (socket.refusals >= refusalsMax) socket.connection?.send({ type: "socket.flooded" });
    return false;
  };

  const run = (socket: BunSocket, command: Command, bytes: number) => {
    if (command.method === "pong" || isWithinRate(socket)) {
      if (command.method === "publish" && socket.publishGate) socket.publishGate.publish(command);
      else socket.connection?.send(eventOf(command, bytes));
    } else if (command.id > 0) socket.connection?.send({ type: "client.limited", id: command.id, bytes });
  };

  const decode = (socket: BunSocket, frame: Frame) => {
    socket.frames += 1;
    const { commands, malformed } = socket.protocol.decode(frame, socket.defaultChannel);
    const bytes = Math.ceil(frame.length / Math.max(1, commands.length));
    for (const command of commands) run(socket, command, bytes);
    if (malformed) socket.connection?.send({ type: "client.malformed" });
  };

  return {
    isWithinRate,
    read(socket: BunSocket, frame: Frame): void {
      if (!socket.frameGate) decode(socket, frame);
      else if (isWithinRate(socket)) socket.frameGate.take(frame);
      else counters.dropped += 1;
    },
  };
}

/** The event's type follows from the command's method: TypeScript cannot see that the two always agree. */
function eventOf(command: Command, bytes: number): ConnectionEvent {
  return { type: `client.${command.method}`, command, bytes } as ConnectionEvent;
}
