import * as v from "valibot";
import { badField } from "../../core/errors.ts";
import { then } from "../../core/maybe-promise.ts";
import { noData } from "../../core/payload.ts";
import { type Result, refuse } from "../../core/result.ts";
import { parseDuration } from "../../options/duration.ts";
import { fields, idempotencyKey, integer, json, text } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { payloadOfRequest } from "../payloads.ts";
import { natural } from "../shapes.ts";

/** Milliseconds for which a message is kept; a text says what is wrong with the fields. */
function ttlOf({ queue_ttl_s, ttl }: { readonly queue_ttl_s: number; readonly ttl: string }): number | string {
  if (ttl === "") return queue_ttl_s * 1000;
  if (queue_ttl_s > 0) return "ttl: expected either ttl or queue_ttl_s";
  return parseDuration(ttl) ?? 'ttl: expected a duration such as "24h"';
}

/** Sends a message to a user, which belongs to no channel. */
export const send = defineMethod({
  name: "send",
  summary: "Sends a message to every connection of a user, or later to the next one.",
  request: fields({
    user: text("The user; may be empty where a client is named."),
    client: text("The id of one connection; empty for all of the user's."),
    data: json("What is sent: any JSON value. It is forwarded byte for byte."),
    b64data: text("Instead of data: bytes in base64 with padding. Where they are JSON they are sent as JSON."),
    queue_ttl_s: integer(
      "Seconds for which it is kept for a user without a connection, at most push_queue.ttl; 0 for not at all.",
      "0",
    ),
    ttl: text('Instead of queue_ttl_s: the same time as a duration such as "24h"; empty for none.'),
    idempotency_key: idempotencyKey,
  }),
  result: v.strictObject({
    connections: v.pipe(natural, v.description("Connections that it was sent to.")),
    queued: v.pipe(v.boolean(), v.description("Whether it is kept for the user.")),
  }),
  needs: [],
  kind: "message",
  isOwn: true,
  channels: () => null,
  run(request, call, { operations }) {
    const { user, client, b64data, idempotency_key: idempotencyKey } = request;
    const data = payloadOfRequest(b64data, call);
    const queueTtl = ttlOf(request);
    if (data === "malformed" || data === noData || typeof queueTtl === "string") {
      const place = data === noData ? "data: expected a value, or b64data" : "b64data: expected base64";
      const error = badField(typeof queueTtl === "string" ? queueTtl : place);
      operations.logRefused({ source: call.caller.name, method: "send", request }, error);
      return refuse(error);
    }
    const options = { queueTtl, idempotencyKey };
    return then(
      operations.send({ user, client }, data, options, call.caller.name),
      (sent): Result<string> => (sent.ok ? { ok: true, value: JSON.stringify(sent.value) } : sent),
    );
  },
});
