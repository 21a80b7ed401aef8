import { fields, flag, integer, json, target } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { memberOf } from "../payloads.ts";
import { nothing } from "../shapes.ts";

/** An instant that has passed: in seconds since 1970. */
const past = 1;

/** Sets when connections expire. */
export const refresh = defineMethod({
  name: "refresh",
  summary: "Sets when a user's connections expire, or ends them.",
  request: fields({
    ...target,
    expired: flag("Whether the connections end now, with 3005."),
    expire_at: integer("When they end, in seconds since 1970; 0 for never."),
    info: json("What others see of them from now on: any JSON value."),
  }),
  result: nothing,
  needs: [],
  kind: "write",
  channels: () => null,
  run(request, call, { operations }) {
    const expireAt = request.expired ? past : request.expire_at > 0 ? request.expire_at : null;
    const result = operations.refresh(request, expireAt, memberOf(call, "info"));
    return result.ok ? { ok: true, value: "{}" } : result;
  },
});
