import * as v from "valibot";
import { errors } from "../../core/errors.ts";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";
import { type Result, refuse } from "../../core/result.ts";
import { encodePublication } from "../encoding.ts";
import { channel, fields, flag, integer, position } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { encodeList, tooLarge } from "../room.ts";
import { epoch, natural, publication } from "../shapes.ts";

/** Reads a channel's history. */
export const history = defineMethod({
  name: "history",
  summary: "Reads a channel's history.",
  request: fields({
    channel,
    limit: integer(
      "Publications in the answer at the most; 0 for the position alone, -1 for all that are kept.",
      "32 bits",
    ),
    since: position,
    reverse: flag("Whether the newest come first."),
  }),
  result: v.strictObject({
    publications: v.array(publication),
    epoch,
    offset: v.pipe(natural, v.description("The offset of the newest publication, whether it is in the answer or not.")),
  }),
  needs: ["channel"],
  kind: "read",
  channels: ({ channel }) => [channel],
  run: ({ channel, limit, since, reverse }, { caller, room }, { operations, slices }) =>
    then(
      operations.history(
        channel,
        { limit, since: since ?? null, reverse },
        { source: caller.name, bytesMax: room.left },
      ),
      (page): MaybePromise<Result<string>> => {
        if (!page.ok && page.error === errors.limitExceeded) return refuse(tooLarge);
        // As recorded: newest first since the beginning is error 100 of the API, where clients receive 107.
        if (!page.ok)
          return page.error === errors.badRequest && !operations.channelError(channel) ? refuse(errors.internal) : page;
        const { publications, position } = page.value;
        return then(encodeList(publications, encodePublication, { room, slices }), (list): Result<string> => {
          if (!list.ok) return list;
          const { epoch, offset } = position;
          const value = `{"publications":[${list.value}],"epoch":${JSON.stringify(epoch)},"offset":${offset}}`;
          return { ok: true, value };
        });
      },
    ),
});
