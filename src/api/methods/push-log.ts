import * as v from "valibot";
import { errors, withReason } from "../../core/errors.ts";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";
import { type Result, refuse } from "../../core/result.ts";
import { publishLogPage } from "../../operations/operations.ts";
import { bounded, fields, instant, optionalText } from "../fields.ts";
import { defineMethod } from "../method.ts";
import { missing, missingEnd } from "../missing.ts";
import { encodeList } from "../room.ts";
import { natural, instant as time } from "../shapes.ts";

const outcomes =
  "ok, the code of an error, or of a message nobody, queued, delivered_later, delivered, acknowledged or expired";

const entry = v.strictObject({
  time,
  key: v.pipe(
    v.string(),
    v.description("The name of the API key; empty for code in the process and for what became of a message later."),
  ),
  method: v.string(),
  target: v.pipe(v.string(), v.description("The channel, the connection or the user.")),
  channel: v.optional(v.string()),
  channels: v.optional(natural),
  user: v.optional(v.string()),
  client: v.optional(v.string()),
  id: v.pipe(v.optional(v.string()), v.description("The id of a message that was sent with until.")),
  bytes: v.pipe(natural, v.description("The size of the payload.")),
  offset: v.optional(natural),
  connections: v.pipe(v.optional(natural), v.description("Connections reached.")),
  queued: v.pipe(v.boolean(), v.description("Whether it waits for its user.")),
  outcome: v.pipe(v.string(), v.description(`${outcomes}.`)),
  idempotency_key: v.optional(v.string()),
  payload: v.pipe(v.optional(v.string()), v.description("The payload as JSON; only with push_log.payloads.")),
  node: v.pipe(v.optional(v.string()), v.description("The name of the node that has it, where it is another one.")),
});

/** Reads the publish log. A key that is limited to channels reads its own entries alone. */
export const pushLog = defineMethod({
  name: "push_log",
  summary: "Reads the publish log in pages, newest first.",
  request: fields({
    user: optionalText("Entries for this user."),
    channel: optionalText("Entries for this channel."),
    method: optionalText("Entries of this method: publish, broadcast or send."),
    key: optionalText("Entries with the key of this name."),
    outcome: optionalText(`Entries with this outcome: ${outcomes}.`),
    id: optionalText("Entries of the message with this id."),
    since: instant("Entries at this time or later"),
    until: instant("Entries at this time or earlier"),
    limit: bounded("Entries of one page; absent: 100.", publishLogPage),
    cursor: optionalText("The cursor of the page before."),
  }),
  result: v.strictObject({
    entries: v.pipe(v.array(entry), v.description("The newest first.")),
    cursor: v.pipe(v.optional(v.string()), v.description("Where the next page begins; absent on the last.")),
    missing,
  }),
  needs: [],
  kind: "read",
  isOwn: true,
  channels: () => null,
  run(request, { caller, room }, { operations, slices }) {
    const { key = caller.touchesAll ? undefined : caller.name } = request;
    if (!caller.touchesAll && key !== caller.name) {
      return refuse(withReason(errors.permissionDenied, `the key ${caller.name} may read its own entries alone`));
    }
    return then(operations.publishLog({ ...request, key }), (page): MaybePromise<Result<string>> => {
      if (!page.ok) return page;
      const { entries, cursor } = page.value;
      const next = cursor === undefined ? "" : `,"cursor":${JSON.stringify(cursor)}`;
      return then(
        encodeList(entries, (entry) => JSON.stringify(entry), { room, slices }),
        (list): Result<string> =>
          list.ok ? { ok: true, value: `{"entries":[${list.value}]${next}${missingEnd(page.value)}` } : list,
      );
    });
  },
});
