import type { Clock } from "../core/clock.ts";
import type { ClientError } from "../core/errors.ts";
import { type Payload, payloadSize, payloadToJson } from "../core/payload.ts";
import type { Position } from "../core/publication.ts";
import type { Result } from "../core/result.ts";
import type { PublishLogEntry } from "../messages/log-row.ts";
import type { PublishLog } from "../messages/publish-log.ts";
import type { PublishAttempt } from "./publish.ts";
import type { SendAttempt, Sent } from "./send.ts";

/** A publish or a message that was read and not tried: the key has no right to it, or its data cannot be read. */
interface RefusedAttempt {
  readonly source: string;
  readonly method: string;
  readonly request: {
    readonly channel?: string;
    readonly channels?: readonly string[];
    readonly user?: string;
    readonly client?: string;
    readonly idempotency_key?: string;
  };
}

/** Writes what back ends publish and send into the publish log. */
export interface Recorder {
  /** One entry for each channel, so that the entries of a channel can be searched. */
  published(attempt: PublishAttempt, result: Result<Position>): void;
  sent(attempt: SendAttempt, result: Result<Sent>): void;
  /** One entry, however many channels it names. */
  refused(attempt: RefusedAttempt, error: ClientError): void;
}

/** What the recorder needs. */
export interface RecorderPorts {
  /** Null where publishes are not logged. */
  readonly publishLog: Pick<PublishLog, "record"> | null;
  /** Whether payloads are kept. If not they are not held until an entry is written, and their bodies with them. */
  readonly logPayloads: boolean;
  readonly clock: Pick<Clock, "wall">;
  /** How many connections receive a channel, without one of them. */
  receivers(channel: string, excludeClient?: string): number;
}

const silent: Recorder = { published: () => {}, sent: () => {}, refused: () => {} };

/** Makes the recorder. */
export function createRecorder({ publishLog, logPayloads, clock, receivers }: RecorderPorts): Recorder {
  if (!publishLog) return silent;
  const time = () => Math.floor(clock.wall());
  const kept = (data: Payload) => (logPayloads ? payloadToJson(data) : undefined);
  return {
    published: ({ source, method, channel, publish }, result) =>
      publishLog.record({
        time: time(),
        key: source ?? "",
        method,
        channel,
        bytes: payloadSize(publish.data),
        offset: result.ok && result.value.offset > 0 ? result.value.offset : undefined,
        connections: result.ok ? receivers(channel, publish.excludeClient) : 0,
        queued: false,
        outcome: outcomeOf(result),
        idempotency_key: publish.idempotencyKey || undefined,
        payload: kept(publish.data),
      }),

    sent: ({ source, user, client, data, idempotencyKey }, result) =>
      publishLog.record({
        time: time(),
        key: source,
        method: "send",
        user: user || undefined,
        client: client || undefined,
        id: result.ok ? result.value.id : undefined,
        bytes: payloadSize(data),
        connections: result.ok ? result.value.connections : 0,
        queued: result.ok && result.value.queued,
        outcome: outcomeOfSend(result),
        idempotency_key: idempotencyKey || undefined,
        payload: kept(data),
      }),

    refused: ({ source, method, request: { channel, channels, user, client, idempotency_key } }, error) =>
      publishLog.record({
        time: time(),
        key: source,
        method,
        channel: channels?.length === 1 ? channels[0] : channel,
        channels: channels && channels.length !== 1 ? channels.length : undefined,
        user: user || undefined,
        client: client || undefined,
        bytes: 0,
        connections: 0,
        queued: false,
        outcome: `${error.code}`,
        idempotency_key: idempotency_key || undefined,
      }),
  };
}

function outcomeOf(result: Result<unknown>): PublishLogEntry["outcome"] {
  return result.ok ? "ok" : `${result.error.code}`;
}

/** What is known when a message was sent. */
function outcomeOfSend(result: Result<Sent>): PublishLogEntry["outcome"] {
  if (!result.ok) return outcomeOf(result);
  const { connections, queued } = result.value;
  if (queued) return "queued";
  return connections === 0 ? "nobody" : "ok";
}
