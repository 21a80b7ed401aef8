import * as v from "valibot";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";
import type { Result } from "../../core/result.ts";
import { fields, text } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { missing, missingEnd } from "../missing.ts";
import { encodeList } from "../room.ts";
import { natural } from "../shapes.ts";

/** Characters of a pattern; a name has no more by default. */
const patternMax = 255;

/** Lists channels. A key that is limited to channels sees those alone. */
export const channels = defineMethod({
  name: "channels",
  summary: "Lists the channels with a subscriber, by a pattern.",
  request: fields({
    pattern: text(
      "A glob over the whole name: *, ?, [ab], [!ab], [a-z], {one,two}, and \\ before a character that stands for itself; empty for all.",
      v.maxLength(patternMax, `expected at most ${patternMax} characters`),
    ),
  }),
  result: v.strictObject({ channels: v.record(v.string(), v.strictObject({ num_clients: natural })), missing }),
  needs: [],
  kind: "read",
  channels: () => null,
  run: ({ pattern }, { caller, room }, { operations, slices }) =>
    then(operations.channels(pattern, caller.mayTouch), (found): MaybePromise<Result<string>> => {
      if (!found.ok) return found;
      const encoded = encodeList(
        found.value.value,
        ([name, count]) => `${JSON.stringify(name)}:{"num_clients":${count}}`,
        {
          room,
          slices,
        },
      );
      return then(encoded, (list) =>
        list.ok ? { ok: true, value: `{"channels":{${list.value}}${missingEnd(found.value)}` } : list,
      );
    }),
});
