import * as v from "valibot";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";
import type { Result } from "../../core/result.ts";
import { encodeInfo } from "../encoding.ts";
import { channel, fields } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { encodeList } from "../room.ts";
import { client } from "../shapes.ts";

/** Lists the connections in a channel. */
export const presence = defineMethod({
  name: "presence",
  summary: "Lists the connections in a channel.",
  request: fields({ channel }),
  result: v.strictObject({
    presence: v.pipe(v.record(v.string(), client), v.description("By the id of the connection.")),
  }),
  needs: ["channel"],
  kind: "read",
  channels: ({ channel }) => [channel],
  run: ({ channel }, { room }, { operations, slices }) =>
    then(operations.presence(channel, room.left), (found): MaybePromise<Result<string>> => {
      if (!found.ok) return found;
      const encoded = encodeList(found.value, ([id, info]) => `${JSON.stringify(id)}:${encodeInfo(info)}`, {
        room,
        slices,
      });
      return then(encoded, (list) => (list.ok ? { ok: true, value: `{"presence":{${list.value}}}` } : list));
    }),
});
