import type { Deliver } from "../broker/broker.ts";
import type { Clock } from "../core/clock.ts";
import type { Frame } from "../core/frame.ts";
import type { Log } from "../core/log.ts";
import { sharedBytesMax } from "../core/payload.ts";
import type { Publication } from "../core/publication.ts";
import type { Push } from "../core/reply.ts";
import type { Socket } from "../core/socket.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Counters } from "../metrics/counters.ts";
import type { Audience, Audiences } from "./audiences.ts";
import type { SlowWatch } from "./slow.ts";
import { BunSocket } from "./socket.ts";

/**
 * An audience is looked through for slow sockets at most this often, in milliseconds, because one stalled client makes
 * every publish say -1; or after so many bytes, so that no queue grows far over its limit in the meantime.
 */
const checkInterval = 100;
const checkBytes = 131_072;

/** What the fan-out works with. */
export interface FanoutPorts {
  readonly audiences: Audiences;
  readonly plain: Dialect;
  readonly centrifuge: Dialect;
  readonly slow: SlowWatch;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Log;
  /** Bun's `server.publish`; 0 or less says that somebody may be slow. */
  publish(topic: string, frame: Frame): number;
}

/** The last stage of the delivery path: nothing in it is an actor. */
export interface Fanout {
  readonly deliver: Deliver;
  /** Tells those who hear of it that somebody came or went. */
  announce(push: Extract<Push, { type: "join" | "leave" }>): void;
}

/**
 * Hands a publication to everyone in its channel: encoded once per dialect that has somebody there, then Bun's native
 * publish. 0.3 to 0.5 us of our own per publication beside a bare `ws.publish` (measured); all else is Bun's.
 */
export function createFanout(ports: FanoutPorts): Fanout {
  const { audiences, counters, plain, centrifuge } = ports;

  const handOver = (audience: Audience, to: "plain" | "centrifuge", frame: Frame, exclude: BunSocket | null) => {
    const sockets = audience[to];
    const left = exclude?.ws && sockets.has(exclude) ? exclude.ws : null;
    const topic = audience.topics[to];
    const copies = left ? sockets.size - 1 : sockets.size;
    if (copies === 0) return;
    const status = left ? left.publish(topic, frame) : ports.publish(topic, frame);
    counters.deliveries += copies;
    counters.framesOut += copies;
    counters.bytesOut += frame.length * copies;
    if (status <= 0) lookThrough(audience, frame.length);
  };

  const lookThrough = (audience: Audience, bytes: number) => {
    const now = ports.clock.monotonic();
    audience.unchecked += bytes;
    if (now - audience.checkedAt < checkInterval && audience.unchecked < checkBytes) return;
    audience.checkedAt = now;
    audience.unchecked = 0;
    for (const socket of audience.plain.keys()) ports.slow.look(socket);
    for (const socket of audience.centrifuge.keys()) ports.slow.look(socket);
  };

  const encodeFor = (dialect: Dialect, channel: string, publication: Publication): Frame | null => {
    try {
      return dialect.encodePublication(channel, publication);
    } catch (error) {
      counters.errors += 1;
      ports.log.error("publication.poisoned", { channel, dialect: dialect.name, error: String(error) });
      return null;
    }
  };

  /**
   * Who is to get a publication. Where it begins a stream, some may still keep a position in the one before it, which is
   * forgotten: it must not reach them. They are detached here and not by their connection, which may be in the middle of
   * the very command that had this publication committed, and hears of it when that is answered.
   */
  const audienceOf = (channel: string, { offset, epoch }: Publication): Audience | undefined => {
    const audience = audiences.get(channel);
    if (audience && offset === 1) {
      for (const [socket, { stream }] of audience.centrifuge) {
        if (stream === null || stream.epoch === epoch) continue;
        audiences.detach(channel, socket);
        socket.connection?.send({ type: "stream.begun", channel, epoch });
      }
    }
    return audience;
  };

  const deliver = (channel: string, publication: Publication, exclude: Socket | null) => {
    counters.publications += 1;
    const audience = audienceOf(channel, publication);
    if (!audience) return;
    const left = exclude instanceof BunSocket ? exclude : null;
    if (audience.plain.size > 0) {
      const frame = encodeFor(plain, channel, publication);
      if (frame !== null) handOver(audience, "plain", frame, left);
    }
    if (audience.centrifuge.size > 0 && !isPlainOnly(publication)) {
      const frame = encodeFor(centrifuge, channel, publication);
      if (frame !== null) handOver(audience, "centrifuge", frame, left);
    }
  };

  return {
    deliver,
    announce: (push) => {
      const audience = audiences.get(push.channel);
      const frame = audience && audience.joinLeave > 0 ? centrifuge.encodePush(push) : null;
      if (!audience || frame === null) return;
      if (ports.publish(audience.topics.joinLeave, frame) <= 0) lookThrough(audience, frame.length);
    },
  };
}

function isPlainOnly({ data }: Publication): boolean {
  return data.kind === "binary" && data.bytes.byteLength > sharedBytesMax;
}
