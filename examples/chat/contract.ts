import { channel, contract, rpc } from "chorus/contract";
import * as v from "valibot";

/** A message as the members of a room see it. */
export const Message = v.object({
  id: v.string(),
  text: v.string(),
  by: v.string(),
  at: v.number(),
  hidden: v.optional(v.boolean(), false),
});

/** Rooms with moderation: what members publish is rewritten by the server, and moderators hide messages. */
export const chat = contract({
  channels: {
    room: channel("chat:{room}", {
      data: Message,
      publish: v.object({ text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(2000)) }),
      info: v.object({ name: v.string(), avatar: v.nullable(v.string()) }),
      welcome: v.object({ topic: v.string(), canPost: v.boolean() }),
      errors: { slow_mode: 1001, banned: 1002 },
    }),
  },
  calls: {
    hide: rpc({
      input: v.object({ room: v.string(), id: v.string() }),
      output: v.object({ hidden: v.literal(true) }),
      errors: { no_such_message: 1404 },
    }),
  },
  sends: { typing: v.object({ room: v.string() }) },
  messages: { warned: v.object({ reason: v.string() }) },
});
