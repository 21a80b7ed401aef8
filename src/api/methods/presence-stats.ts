import * as v from "valibot";
import { then } from "../../core/maybe-promise.ts";
import type { Result } from "../../core/result.ts";
import { channel, fields } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { natural } from "../shapes.ts";

/** Counts the connections in a channel. */
export const presenceStats = defineMethod({
  name: "presence_stats",
  summary: "Counts the connections and users in a channel.",
  request: fields({ channel }),
  result: v.strictObject({ num_clients: natural, num_users: natural }),
  needs: ["channel"],
  kind: "read",
  channels: ({ channel }) => [channel],
  run: ({ channel }, _call, { operations }) =>
    then(operations.presenceStats(channel), (found): Result<string> => {
      if (!found.ok) return found;
      const { clients, users } = found.value;
      return { ok: true, value: `{"num_clients":${clients},"num_users":${users}}` };
    }),
});
