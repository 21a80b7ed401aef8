import { milliseconds } from "../../../src/core/time.ts";
import { hasAnsweredPing } from "../record.ts";
import { type Decision, nothing, type View } from "./decision.ts";

/**
 * The connection is kept alive from here on. The first ping comes in the second half of an interval, by chance
 * (`random` in [0, 1)), so that a thousand clients do not answer at once.
 */
export function firstPing({ connection }: View, random: number): readonly Decision[] {
  const { interval } = connection.socket.heartbeat;
  const connected: Decision = { type: "clear deadline", name: "handshake" };
  if (interval === 0) return [connected];
  return [connected, { type: "set deadline", name: "ping", delay: milliseconds(interval * (0.5 + random / 2)) }];
}

/** A ping is due; `now` in monotonic milliseconds. A ping that is still open keeps its deadline. */
export function decidePing({ connection }: View, now: number): readonly Decision[] {
  const { interval, timeout } = connection.socket.heartbeat;
  const isOpen = connection.pingedAt !== 0 && !hasAnsweredPing(connection);
  const ping: readonly Decision[] = [
    { type: "ping" },
    { type: "set deadline", name: "ping", delay: milliseconds(interval) },
  ];
  if (timeout === 0 || isOpen) return ping;
  return [
    ...ping,
    { type: "note ping", at: now },
    { type: "set deadline", name: "pong", delay: milliseconds(timeout) },
  ];
}

/** The client has answered. */
export function decidePong(): readonly Decision[] {
  return [
    { type: "note ping", at: 0 },
    { type: "clear deadline", name: "pong" },
  ];
}

/** The answer is late, but something was received, or the client has yet to take what lies before the ping. */
export function decideLatePong({ connection }: View): readonly Decision[] {
  if (hasAnsweredPing(connection)) return [{ type: "note ping", at: 0 }];
  const { timeout } = connection.socket.heartbeat;
  return timeout === 0 ? nothing : [{ type: "set deadline", name: "pong", delay: milliseconds(timeout) }];
}
