import { errors } from "../../core/errors.ts";
import { refuse } from "../../core/result.ts";
import { disconnect as closeFrame, fields, target, texts } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { nothing } from "../shapes.ts";

/** Closes connections. */
export const disconnect = defineMethod({
  name: "disconnect",
  summary: "Closes a user's connections.",
  request: fields({
    ...target,
    whitelist: texts("Ids of connections that are not closed."),
    disconnect: closeFrame,
  }),
  result: nothing,
  needs: [],
  kind: "write",
  channels: () => null,
  run(request, _call, { operations }) {
    const { code, reason } = request.disconnect ?? {};
    if (request.disconnect && code === undefined) return refuse(errors.badRequest);
    const given = code === undefined ? undefined : { code, reason: reason ?? "" };
    const result = operations.disconnect(request, given);
    return result.ok ? { ok: true, value: "{}" } : result;
  },
});
