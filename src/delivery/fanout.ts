import type { BrokerEvents } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { Frame } from "../core/frame.ts";
import type { Log } from "../core/log.ts";
import { sharedBytesMax } from "../core/payload.ts";
import type { Publication } from "../core/publication.ts";
import type { Push } from "../core/reply.ts";
import type { Socket } from "../core/socket.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Protocol } from "../protocol/protocol.ts";
import { BunSocket } from "../sockets/socket.ts";
import type { SlowWatch } from "./slow-consumers.ts";
import type { ChannelSubscribers, SubscriberTable } from "./subscribers.ts";

/**
 * An subscribers is looked through for slow sockets at most this often, in milliseconds, because one stalled client makes
 * every publish say -1; or after so many bytes, so that no queue grows far over its limit in the meantime.
 */
const checkInterval = 100;
const checkBytes = 131_072;

/** What the fan-out works with. */
export interface FanoutPorts {
  readonly subscribers: SubscriberTable;
  readonly plain: Protocol;
  readonly centrifuge: Protocol;
  readonly slow: SlowWatch;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Log;
  /** Bun's `server.publish`; 0 or less says that somebody may be slow. */
  publish(topic: string, frame: Frame): number;
}

/** The last stage of the delivery path: nothing in it is an actor. */
export interface Fanout extends BrokerEvents {
  /** Tells those who hear of it that somebody came or went. */
  announce(push: Extract<Push, { type: "join" | "leave" }>): void;
}

/**
 * Hands a publication to everyone in its channel: encoded once per protocol that has somebody there, then Bun's native
 * publish. 0.3 to 0.5 us of our own per publication beside a bare `ws.publish` (measured); all else is Bun's.
 */
export function createFanout(ports: FanoutPorts): Fanout {
  const { counters, plain, centrifuge } = ports;

  const handOver = (
    subscribers: ChannelSubscribers,
    to: "plain" | "centrifuge",
    frame: Frame,
    exclude: BunSocket | null,
  ) => {
    const sockets = subscribers[to];
    const left = exclude?.ws && sockets.has(exclude) ? exclude.ws : null;
    const topic = subscribers.topics[to];
    const copies = left ? sockets.size - 1 : sockets.size;
    if (copies === 0) return;
    const status = left ? left.publish(topic, frame) : ports.publish(topic, frame);
    counters.deliveries += copies;
    counters.framesOut += copies;
    counters.bytesOut += frame.length * copies;
    if (status <= 0) lookThrough(subscribers, frame.length);
  };

  const lookThrough = (subscribers: ChannelSubscribers, bytes: number) => {
    const now = ports.clock.monotonic();
    subscribers.unchecked += bytes;
    if (now - subscribers.checkedAt < checkInterval && subscribers.unchecked < checkBytes) return;
    subscribers.checkedAt = now;
    subscribers.unchecked = 0;
    for (const socket of subscribers.plain.keys()) ports.slow.look(socket);
    for (const socket of subscribers.centrifuge.keys()) ports.slow.look(socket);
  };

  const encodeFor = (protocol: Protocol, channel: string, publication: Publication): Frame | null => {
    try {
      return protocol.encodePublication(channel, publication);
    } catch (error) {
      counters.errors += 1;
      ports.log.error("publication.poisoned", { channel, dialect: protocol.name, error: String(error) });
      return null;
    }
  };

  /**
   * Detaches the subscribers that keep a position in another epoch. They are detached here and not by their connection,
   * which may be in the middle of the very command that had the first publication of this epoch committed, and hears of
   * it when that is answered.
   */
  const lost = (channel: string, epoch: string) => {
    for (const [socket, { stream }] of ports.subscribers.get(channel)?.centrifuge ?? []) {
      if (stream === null || stream.epoch === epoch) continue;
      ports.subscribers.detach(channel, socket);
      socket.connection?.send({ type: "stream.begun", channel, epoch });
    }
  };

  const deliver = (channel: string, publication: Publication, exclude: Socket | null) => {
    counters.publications += 1;
    const subscribers = ports.subscribers.get(channel);
    if (!subscribers) return;
    const left = exclude instanceof BunSocket ? exclude : null;
    if (subscribers.plain.size > 0) {
      const frame = encodeFor(plain, channel, publication);
      if (frame !== null) handOver(subscribers, "plain", frame, left);
    }
    if (subscribers.centrifuge.size > 0 && !isPlainOnly(publication)) {
      const frame = encodeFor(centrifuge, channel, publication);
      if (frame !== null) handOver(subscribers, "centrifuge", frame, left);
    }
  };

  return {
    deliver,
    lost,
    announce: (push) => {
      const subscribers = ports.subscribers.get(push.channel);
      const frame = subscribers && subscribers.joinLeave > 0 ? centrifuge.encodePush(push) : null;
      if (!subscribers || frame === null) return;
      if (ports.publish(subscribers.topics.joinLeave, frame) <= 0) lookThrough(subscribers, frame.length);
    },
  };
}

function isPlainOnly({ data }: Publication): boolean {
  return data.kind === "binary" && data.bytes.byteLength > sharedBytesMax;
}
