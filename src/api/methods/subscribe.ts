import { errors } from "../../core/errors.ts";
import { then } from "../../core/maybe-promise.ts";
import { overrideOf } from "../../core/override.ts";
import { refuse } from "../../core/result.ts";
import { channel, fields, flag, integer, json, nested, position, target, text } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { jsonOfRequest } from "../payloads.ts";
import { nothing } from "../shapes.ts";

const value = nested("Absent: as the namespace has it.", { value: flag("What holds instead.") });

const override = nested("What holds for this subscription instead of the namespace's options.", {
  presence: value,
  join_leave: value,
  force_push_join_leave: value,
  force_recovery: value,
  force_positioning: value,
});

/** Subscribes connections on behalf of a back end. */
export const subscribe = defineMethod({
  name: "subscribe",
  summary: "Subscribes a user's connections to a channel.",
  request: fields({
    ...target,
    channel,
    expire_at: integer("When the subscription ends, in seconds since 1970; 0 for never."),
    info: json("What others see of it in presence: any JSON value."),
    b64info: text("Instead of info: its JSON in base64."),
    data: json("What the client receives with its subscription: any JSON value."),
    b64data: text("Instead of data: its JSON in base64."),
    recover_since: position,
    override,
  }),
  result: nothing,
  needs: ["channel"],
  kind: "write",
  channels: ({ channel }) => [channel],
  run(request, call, { operations }) {
    // As in Centrifugo the channel is checked before the fields in base64.
    const unknown = operations.channelError(request.channel);
    if (unknown) return refuse(unknown);
    const info = jsonOfRequest(request.b64info, call, "info");
    const data = jsonOfRequest(request.b64data, call, "data");
    if (info === "malformed" || data === "malformed") return refuse(errors.badRequest);
    const subscribe = {
      expireAt: request.expire_at > 0 ? request.expire_at : null,
      info: info.json,
      data: data.json,
      since: request.recover_since ?? null,
      ...(request.override && { override: overrideOf(request.override) }),
    };
    const result = operations.subscribe(request, request.channel, subscribe, call.caller.name);
    return then(result, (known) => (known.ok ? { ok: true, value: "{}" } : known));
  },
});
