import type { ClientError } from "../core/errors.ts";
import { type Payload, payloadSize, payloadToJson } from "../core/payload.ts";
import type { Position } from "../core/publication.ts";
import type { PublishLog } from "../messages/publish-log.ts";
import type { Operations, Publish } from "../operations/operations.ts";
import type { Sent } from "../operations/sending.ts";
import type { Answer } from "./answer.ts";
import type { Place } from "./payloads.ts";

/** One publish to one channel, and what became of it. */
interface Published {
  readonly channel: string;
  readonly what: Publish;
  readonly answer: Answer<Position>;
  readonly place: Place;
}

/** One message to a user or to a connection, and what became of it. */
interface SentMessage {
  readonly user: string;
  readonly client: string;
  readonly data: Payload;
  readonly idempotencyKey: string;
  readonly answer: Answer<Sent>;
  readonly place: Place;
}

/** The methods that push something. */
export type PushMethod = "publish" | "broadcast" | "send";

/** What a push that was refused says of itself. */
interface RefusedPush {
  readonly channel?: string;
  readonly channels?: readonly string[];
  readonly user?: string;
  readonly client?: string;
  readonly idempotency_key?: string;
}

/** Tells the push log of pushes. */
export interface Recorder {
  /** One entry for each channel, so that a channel's entries can be asked for. */
  publish(method: "publish" | "broadcast", published: Published): void;
  send(sent: SentMessage): void;
  /** A push that was read and not tried: its key may not, or there is nothing in it. One entry, whatever it names. */
  refused(method: PushMethod, request: RefusedPush, why: { readonly error: ClientError; readonly place: Place }): void;
}

/** What the recorder needs. */
export interface RecorderPorts {
  /** Null where pushes are not recorded. */
  readonly publishLog: PublishLog | null;
  /** Whether payloads are kept: else they are not even held until an entry is written, and their bodies with them. */
  readonly payloads: boolean;
  readonly operations: Pick<Operations, "audienceOf">;
  readonly wall: () => number;
}

const silent: Recorder = { publish: () => {}, send: () => {}, refused: () => {} };

/** Writes pushes into the log. */
export function createRecorder({ publishLog, payloads, operations, wall }: RecorderPorts): Recorder {
  if (!publishLog) return silent;
  const kept = (data: Payload) => (payloads ? payloadToJson(data) : undefined);
  return {
    publish: (method, { channel, what, answer, place }) =>
      publishLog.record({
        time: Math.floor(wall()),
        key: place.caller.name,
        method,
        channel,
        bytes: payloadSize(what.data),
        offset: answer.ok && answer.result.offset > 0 ? answer.result.offset : undefined,
        connections: answer.ok ? operations.audienceOf(channel, what.excludeClient) : 0,
        queued: false,
        outcome: outcomeOf(answer),
        idempotency_key: what.idempotencyKey || undefined,
        payload: kept(what.data),
      }),

    send: ({ user, client, data, idempotencyKey, answer, place }) =>
      publishLog.record({
        time: Math.floor(wall()),
        key: place.caller.name,
        method: "send",
        user: user || undefined,
        client: client || undefined,
        bytes: payloadSize(data),
        connections: answer.ok ? answer.result.connections : 0,
        queued: answer.ok && answer.result.queued,
        outcome: outcomeOf(answer),
        idempotency_key: idempotencyKey || undefined,
        payload: kept(data),
      }),

    refused: (method, { channel, channels, user, client, idempotency_key }, { error, place }) =>
      publishLog.record({
        time: Math.floor(wall()),
        key: place.caller.name,
        method,
        channel: channels?.length === 1 ? channels[0] : channel,
        channels: channels && channels.length !== 1 ? channels.length : undefined,
        user: user || undefined,
        client: client || undefined,
        bytes: 0,
        connections: 0,
        queued: false,
        outcome: String(error.code),
        idempotency_key: idempotency_key || undefined,
      }),
  };
}

/** "ok", or the code of the error. */
function outcomeOf(answer: Answer<unknown>): string {
  return answer.ok ? "ok" : String(answer.error.code);
}
