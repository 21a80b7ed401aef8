import * as v from "valibot";
import { badField, type ClientError, errors } from "../../core/errors.ts";
import { then } from "../../core/maybe-promise.ts";
import { type Result, refuse } from "../../core/result.ts";
import { encodeError, encodePosition } from "../encoding.ts";
import { fields, publication, texts } from "../fields.ts";
import { chargeItems } from "../keys.ts";
import { defineMethod } from "../method.ts";
import { payloadOfRequest } from "../payloads.ts";
import { publishOfRequest } from "../publications.ts";
import { error, published } from "../shapes.ts";

/** Publishes the same into many channels, in slices of time. */
export const broadcast = defineMethod({
  name: "broadcast",
  summary: "Publishes the same into many channels; one response for each.",
  request: fields({ channels: texts("The names of the channels."), ...publication }),
  result: v.strictObject({
    responses: v.pipe(
      v.array(v.union([v.strictObject({ result: published }), v.strictObject({ error })])),
      v.description("One for each channel, in the order of the request."),
    ),
  }),
  needs: ["channels"],
  kind: "publish",
  channels: ({ channels }) => channels,
  run(request, call, { operations, broadcastMax, rateLimit }) {
    const { channels } = request;
    const refused = (error: ClientError) => {
      operations.logRefused({ source: call.caller.name, method: "broadcast", request }, error);
      return refuse(error);
    };
    if (channels.length > broadcastMax) return refused(badField(`channels: expected at most ${broadcastMax}`));
    const data = payloadOfRequest(request.b64data, call);
    if (data === "malformed") return refused(errors.badRequest);
    chargeItems(call.caller, channels.length, rateLimit);
    const publish = publishOfRequest(request, data);
    return then(operations.broadcast(channels, publish, call.caller.name), (results): Result<string> => {
      const responses = results.map((result) =>
        result.ok ? `{"result":${encodePosition(result.value)}}` : encodeError(result.error),
      );
      return { ok: true, value: `{"responses":[${responses.join(",")}]}` };
    });
  },
});
