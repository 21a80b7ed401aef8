import * as v from "valibot";
import { badField } from "../../core/errors.ts";
import { then } from "../../core/maybe-promise.ts";
import { noData } from "../../core/payload.ts";
import { type Result, refuse } from "../../core/result.ts";
import { parseDuration } from "../../options/duration.ts";
import { choice, fields, idempotencyKey, integer, json, text } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { payloadOfRequest } from "../payloads.ts";
import { natural } from "../shapes.ts";

/** Milliseconds for which a message is kept, undefined where nothing is said; a text says what is wrong with the fields. */
function ttlOf({ queue_ttl_s, ttl }: { readonly queue_ttl_s: number; readonly ttl: string }) {
  if (ttl === "") return queue_ttl_s > 0 ? queue_ttl_s * 1000 : undefined;
  if (queue_ttl_s > 0) return "ttl: expected either ttl or queue_ttl_s";
  return parseDuration(ttl) ?? 'ttl: expected a duration such as "24h"';
}

/** Sends a message to a user, which belongs to no channel. */
export const send = defineMethod({
  name: "send",
  summary: "Sends a message to every connection of a user, or later to the next one; with until, for certain.",
  request: fields({
    user: text("The user; may be empty where a client is named."),
    client: text("The id of one connection; empty for all of the user's."),
    data: json("What is sent: any JSON value. It is forwarded byte for byte."),
    b64data: text("Instead of data: bytes in base64 with padding. Where they are JSON they are sent as JSON."),
    queue_ttl_s: integer(
      "Seconds for which it is kept for a user without a connection, at most push_queue.ttl; 0 for not at all.",
      "0 or more",
    ),
    ttl: text('Instead of queue_ttl_s: the same time as a duration such as "24h"; empty for none.'),
    until: choice(
      'It is kept until a connection has it for certain (delivered), or a client has acknowledged it, and its data is {"id", "data"}; for push_queue.ttl where neither ttl nor queue_ttl_s is given.',
      ["delivered", "acknowledged"],
    ),
    per: choice("With until: whether one device of the user is enough (user, the default), or each has to have it.", [
      "user",
      "device",
    ]),
    idempotency_key: idempotencyKey,
  }),
  result: v.strictObject({
    id: v.pipe(v.optional(v.string()), v.description("The id of the message, with until: clients acknowledge it.")),
    connections: v.pipe(natural, v.description("Connections that it was sent to.")),
    queued: v.pipe(v.boolean(), v.description("Whether it waits for the next connection of the user.")),
  }),
  needs: [],
  kind: "message",
  isOwn: true,
  channels: () => null,
  run(request, call, { operations }) {
    const { user, client, b64data, until, per, idempotency_key: idempotencyKey } = request;
    const data = payloadOfRequest(b64data, call);
    const queueTtl = ttlOf(request);
    if (data === "malformed" || data === noData || typeof queueTtl === "string") {
      const place = data === noData ? "data: expected a value, or b64data" : "b64data: expected base64";
      const error = badField(typeof queueTtl === "string" ? queueTtl : place);
      operations.logRefused({ source: call.caller.name, method: "send", request }, error);
      return refuse(error);
    }
    const options = {
      idempotencyKey,
      ...(queueTtl !== undefined && { queueTtl }),
      ...(until && { until }),
      ...(per && { per }),
    };
    return then(
      operations.send({ user, client }, data, options, call.caller.name),
      (sent): Result<string> => (sent.ok ? { ok: true, value: JSON.stringify(sent.value) } : sent),
    );
  },
});
