import type { ConnectionEvent } from "../../actors/connection/events.ts";
import type { CommandLane } from "../../actors/connection/lane.ts";
import type { Clock } from "../core/clock.ts";
import type { Command } from "../core/command.ts";
import type { Frame } from "../core/frame.ts";
import type { Log } from "../core/log.ts";
import { type Rate, takeToken } from "../core/rate.ts";
import { RatedLog } from "../core/rated-log.ts";
import { type Counters, countIn } from "../metrics/counters.ts";
import type { BytesRate } from "./bytes-rate.ts";
import type { ClientSocket } from "./client-socket.ts";
import type { Rest } from "./inbound-turns.ts";

/** What reading frames needs. */
export interface InboundPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** Takes publishes and calls past the actors of connections that have it open. */
  readonly lane: CommandLane;
  /** Frames or commands a second of one connection; a limit of 0 is none. */
  readonly messageRate: Rate;
  readonly bytesRate: BytesRate;
}

/** A frame whose commands are run. */
interface Reading {
  readonly commands: readonly Command[];
  /** Whether something follows them that is none. */
  readonly malformed: boolean;
  /** Of one of them, in the mean. */
  readonly bytes: number;
  readonly isRefused: boolean;
}

/** A connection with so many refusals within so many milliseconds ends with 3013; the first of them is logged. */
const refusalsMax = 50;
const refusalsWindow = 10_000;

export type Inbound = ReturnType<typeof createInbound>;

/**
 * The way in: a frame within its rates becomes commands, and each command one event of its connection, or goes
 * through the lane. Rates are of frames and commands, and of bytes.
 */
export function createInbound({ clock, log, counters, lane, messageRate, bytesRate }: InboundPorts) {
  const lines = new RatedLog("client.limited", { clock, log, level: "warn" });
  /** Counts a refusal, and ends the connection where it had too many. */
  const refuse = (socket: ClientSocket): false => {
    counters.limited += 1;
    if (socket.refusals === 0 || socket.heardAt - socket.refusedAt >= refusalsWindow) {
      socket.refusals = 0;
      socket.refusedAt = socket.heardAt;
      lines.add("", () => ({ connection: socket.id }));
    }
    socket.refusals += 1;
    if (socket.refusals >= refusalsMax) socket.connection?.send({ type: "socket.flooded" });
    return false;
  };

  /** Takes a token for one frame or command; otherwise counts the refusal. */
  const isWithinRate = (socket: ClientSocket): boolean =>
    takeToken(socket, socket.heardAt, messageRate) || refuse(socket);

  const limit = ({ connection, frames }: ClientSocket, command: Command, bytes: number) => {
    if ("id" in command && command.id > 0) {
      connection?.send({ type: "client.limited", id: command.id, bytes, frame: frames });
    } else if (command.method === "publish") countIn(counters.dropped, "rate");
  };

  const run = (socket: ClientSocket, command: Command, bytes: number) => {
    const { connection, frames } = socket;
    if (!connection) return;
    if (command.method !== "pong" && !isWithinRate(socket)) limit(socket, command, bytes);
    else if (command.method === "publish" && socket.isLaneOpen) lane.publish(connection, command);
    else if (lane.takesCalls && socket.isLaneOpen && isCall(command)) lane.call(connection, command);
    else connection.send(eventOf(command, { bytes, frame: frames }));
  };

  /** Runs the commands of a frame from one on; gives the rest when the time is over. */
  const go = (socket: ClientSocket, reading: Reading, from: number, isOver: () => boolean): Rest => {
    const { commands, bytes, isRefused } = reading;
    for (let index = from; index < commands.length; index++) {
      if (index > from && isOver()) return () => go(socket, reading, index, isOver);
      const command = commands[index] as Command;
      if (isRefused) limit(socket, command, bytes);
      else run(socket, command, bytes);
    }
    if (reading.malformed) {
      socket.unreadable();
      socket.connection?.send({ type: "client.malformed", bytes: 0, frame: socket.frames });
    }
    return null;
  };

  return {
    isWithinRate,
    read(socket: ClientSocket, frame: Frame, isOver: () => boolean): Rest {
      const isRefused = !bytesRate.take(socket, socket.heardAt, frame.length) && !refuse(socket);
      socket.frames += 1;
      const { commands, malformed } = socket.protocol.decode(frame, socket.defaultChannel);
      const bytes = Math.ceil(frame.length / Math.max(1, commands.length));
      return go(socket, { commands, malformed, bytes, isRefused }, 0, isOver);
    },
  };
}

function isCall(command: Command): command is Extract<Command, { method: "rpc" | "send" }> {
  return command.method === "rpc" || command.method === "send";
}

/** The event's type follows from the command's method: TypeScript cannot see that the two always agree. */
function eventOf(command: Command, { bytes, frame }: { bytes: number; frame: number }): ConnectionEvent {
  return { type: `client.${command.method}`, command, bytes, frame } as ConnectionEvent;
}
