import { type ClientError, errors } from "../core/errors.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import type { PublishLog } from "../messages/publish-log.ts";
import type { Operations, Publish } from "../operations/operations.ts";
import type { Answer } from "./answer.ts";
import { badField, encodeError, encodePosition, tell } from "./encoding.ts";
import { type Place, payloadOf } from "./payloads.ts";
import type { PushMethod, Recorder } from "./recorder.ts";
import type { Request } from "./requests.ts";

/** What the methods that push need. */
export interface PushPorts {
  readonly operations: Operations;
  readonly wall: () => number;
  readonly broadcastMax: number;
  readonly record: Recorder;
  /** Null where pushes are not recorded. */
  readonly publishLog: PublishLog | null;
}

/** What a method answers: raw JSON of the result, or an error. */
export type Answered = Answer<string>;

export const refuse = (error: ClientError): { readonly ok: false; readonly error: ClientError } => ({
  ok: false,
  error,
});

/** The methods that push something, and tell of what was pushed. */
export function pushMethods(ports: PushPorts) {
  const { operations, wall, broadcastMax, record, publishLog } = ports;
  const refused = (method: PushMethod, { request, place }: { request: object; place: Place }, error: ClientError) => {
    record.refused(method, request, { error, place });
    return refuse(error);
  };

  return {
    /** The hot path: with history in memory nothing on it waits, and no promise is made. */
    publish: (request: Request<"publish">, place: Place): MaybePromise<Answered> => {
      const what = publishOf(request, place);
      if (!what) return refused("publish", { request, place }, errors.badRequest);
      const { channel } = request;
      return then(operations.publish(channel, what), (answer): Answered => {
        record.publish("publish", { channel, what, answer, place });
        return answer.ok ? { ok: true, result: encodePosition(answer.result) } : answer;
      });
    },

    broadcast: (request: Request<"broadcast">, place: Place): MaybePromise<Answered> => {
      const { channels } = request;
      const given = { request, place };
      if (channels.length === 0) return refused("broadcast", given, errors.badRequest);
      if (channels.length > broadcastMax) {
        return refused("broadcast", given, badField(`channels: expected at most ${broadcastMax}`));
      }
      const what = publishOf(request, place);
      if (!what) {
        refused("broadcast", given, errors.badRequest);
        const refusals = channels.map(() => encodeError(errors.badRequest)).join(",");
        return { ok: true, result: `{"responses":[${refusals}]}` };
      }
      return then(operations.broadcast(channels, what), (answers): Answered => {
        const responses = answers.map((answer, index) => {
          record.publish("broadcast", { channel: channels[index] ?? "", what, answer, place });
          return answer.ok ? `{"result":${encodePosition(answer.result)}}` : encodeError(answer.error);
        });
        return { ok: true, result: `{"responses":[${responses.join(",")}]}` };
      });
    },

    send: (request: Request<"send">, place: Place): MaybePromise<Answered> => {
      const { user, client, b64data, queue_ttl_s: ttl, idempotency_key: idempotencyKey } = request;
      const data = payloadOf(b64data, place);
      if (typeof data === "string") {
        const mistake = data === "missing" ? "data: expected a value, or b64data" : "b64data: expected base64";
        return refused("send", { request, place }, badField(mistake));
      }
      const options = { queueTtl: ttl * 1000, idempotencyKey, now: wall() };
      return then(operations.send({ user, client }, data, options), (answer): Answered => {
        record.send({ user, client, data, idempotencyKey, answer, place });
        return answer.ok ? { ok: true, result: JSON.stringify(answer.result) } : answer;
      });
    },

    /** Who may not touch all channels sees what came with the same key alone. */
    push_log: async (request: Request<"push_log">, { caller }: Place): Promise<Answered> => {
      if (!publishLog) return refuse(tell(errors.notAvailable, "push_log.enabled is off"));
      const { key = caller.touchesAll ? undefined : caller.name } = request;
      if (!caller.touchesAll && key !== caller.name) {
        return refuse(tell(errors.permissionDenied, `the key ${caller.name} may read what came with it alone`));
      }
      return { ok: true, result: JSON.stringify(await publishLog.query({ ...request, key })) };
    },
  };
}

/** What is to be published; null where there is no data, or none that can be read. */
function publishOf(request: Request<"publish"> | Request<"broadcast">, place: Place): Publish | null {
  const data = payloadOf(request.b64data, place);
  if (typeof data === "string") return null;
  return {
    data,
    tags: request.tags ?? undefined,
    skipHistory: request.skip_history,
    idempotencyKey: request.idempotency_key,
    version: request.version,
    versionEpoch: request.version_epoch,
    excludeClient: request.exclude_client,
  };
}
