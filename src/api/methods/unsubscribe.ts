import { channel, fields, target } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { nothing } from "../shapes.ts";

/**
 * Unsubscribes connections on behalf of a back end; without a channel they receive an unsubscribe and keep their
 * subscriptions.
 */
export const unsubscribe = defineMethod({
  name: "unsubscribe",
  summary: "Unsubscribes a user's connections from a channel.",
  request: fields({ ...target, channel }),
  result: nothing,
  needs: [],
  kind: "write",
  channels: ({ channel }) => (channel === "" ? null : [channel]),
  run(request, _call, { operations }) {
    const result = operations.unsubscribe(request, request.channel);
    return result.ok ? { ok: true, value: "{}" } : result;
  },
});
