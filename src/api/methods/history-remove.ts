import { then } from "../../core/maybe-promise.ts";
import type { Result } from "../../core/result.ts";
import { channel, fields } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { nothing } from "../shapes.ts";

/** Removes a channel's publications. */
export const historyRemove = defineMethod({
  name: "history_remove",
  summary: "Removes a channel's publications and keeps its position.",
  request: fields({ channel }),
  result: nothing,
  needs: ["channel"],
  kind: "write",
  channels: ({ channel }) => [channel],
  run: ({ channel }, _call, { operations }) =>
    then(
      operations.historyRemove(channel),
      (result): Result<string> => (result.ok ? { ok: true, value: "{}" } : result),
    ),
});
