import * as v from "valibot";
import { cursorPattern } from "../messages/search.ts";
import { fields, flag, integer, json, nested, record, text, texts, whole } from "./fields.ts";

const channel = text("The name of the channel.");

const position = nested("A position in the channel's history.", {
  offset: integer("The offset of the last publication that is known.", "0"),
  epoch: text("The epoch to which the offset belongs."),
});

const boolValue = nested("Absent: as the namespace has it.", { value: flag("What holds instead.") });

/** What a publish and each part of a broadcast share. */
const publishing = {
  data: json("What is published: any JSON value. It goes on as the bytes that came."),
  b64data: text("Instead of data: bytes in base64 with padding. Where they are JSON they are published as JSON."),
  skip_history: flag("Whether the publication is kept out of the history."),
  tags: record("Names and texts that clients receive beside the data."),
  idempotency_key: text("Within five minutes a repeated key has no second effect and gets the first answer."),
  delta: flag("Taken for Centrifugo's sake; it has no effect."),
  version: integer("A publish with a version that is not higher than the last one of its channel has no effect.", "0"),
  version_epoch: text("Versions are compared within one epoch."),
  exclude_client: text("The id of a connection that does not receive it live: that of the publisher."),
};

/** Which connections are meant. */
const target = {
  user: text("The user; empty for the anonymous connections."),
  client: text("The id of one connection; empty for all of the user's."),
  session: text("Taken for Centrifugo's sake; it has no effect."),
};

const closeCode = v.pipe(
  whole,
  v.minValue(3000, "expected 3000 to 4999"),
  v.maxValue(4999, "expected 3000 to 4999"),
  v.description("The code of the close; from 3500 to 3999 and from 4500 to 4999 clients do not come back."),
);
const closeReason = "The reason in the close frame: at most 123 bytes.";

const filter = (about: string) => v.pipe(v.optional(v.string("expected a string")), v.description(about));
const moment = (about: string) => v.pipe(v.optional(whole), v.description(`${about}, in milliseconds since 1970.`));

/** The requests of the API, by method: names and shapes are Centrifugo's. Unknown fields are ignored. */
export const requests = {
  publish: fields({ channel, ...publishing }),
  broadcast: fields({ channels: texts("The names of the channels."), ...publishing }),
  subscribe: fields({
    ...target,
    channel,
    expire_at: integer("When the subscription ends, in seconds since 1970; 0 for never."),
    info: json("What others see of it in presence: any JSON value."),
    b64info: text("Instead of info: its JSON in base64."),
    data: json("What the client receives with its subscription: any JSON value."),
    b64data: text("Instead of data: its JSON in base64."),
    recover_since: position,
    override: nested("What holds for this subscription instead of the namespace's options.", {
      presence: boolValue,
      join_leave: boolValue,
      force_push_join_leave: boolValue,
      force_recovery: boolValue,
      force_positioning: boolValue,
    }),
  }),
  unsubscribe: fields({ ...target, channel }),
  disconnect: fields({
    ...target,
    whitelist: texts("Ids of connections that are spared."),
    disconnect: nested("How it ends; absent: 3503, force disconnect.", {
      code: v.optional(closeCode),
      reason: text(closeReason, v.maxBytes(123, "expected at most 123 bytes")),
    }),
  }),
  refresh: fields({
    ...target,
    expired: flag("Whether the connections end now, with 3005."),
    expire_at: integer("When they end, in seconds since 1970; 0 for never."),
    info: json("What others see of them from now on: any JSON value."),
  }),
  presence: fields({ channel }),
  presence_stats: fields({ channel }),
  history: fields({
    channel,
    limit: integer("Publications in the answer at the most; 0 for the position alone, -1 for all that are kept."),
    since: position,
    reverse: flag("Whether the newest come first."),
  }),
  history_remove: fields({ channel }),
  channels: fields({
    pattern: text(
      "A pattern of names, with * for anything; empty for all.",
      v.maxLength(255, "expected at most 255 characters"),
    ),
  }),
  info: fields({}),
  send: fields({
    user: text("The user, wherever connected; may be empty where a client is named."),
    client: text("The id of one connection; empty for all of the user's."),
    data: json("What is sent: any JSON value. It goes on as the bytes that came."),
    b64data: text("Instead of data: bytes in base64 with padding. Where they are JSON they are sent as JSON."),
    queue_ttl_s: integer(
      "Seconds for which it waits where the user has no connection, at most push_queue.ttl; 0 for not at all.",
      "0",
    ),
    idempotency_key: text("Within five minutes a repeated key has no second effect and gets the first answer."),
  }),
  push_log: fields({
    user: filter("Messages to this user."),
    channel: filter("Messages to this channel."),
    method: filter("Messages by this method: publish, broadcast or send."),
    key: filter("Messages with the key of this name."),
    outcome: filter("Messages with this outcome: ok, delivered_later, or the code of an error as a text."),
    since: moment("Messages at this time or later"),
    until: moment("Messages at this time or earlier"),
    limit: v.pipe(
      v.optional(v.pipe(whole, v.minValue(1, "expected 1 to 1000"), v.maxValue(1000, "expected 1 to 1000"))),
      v.description("Entries of one page; absent: 100."),
    ),
    cursor: v.pipe(
      v.optional(v.pipe(v.string("expected a string"), v.regex(cursorPattern, "expected the cursor of a page"))),
      v.description("The cursor of the page before."),
    ),
  }),
  rpc: fields({ method: text("The name of the method."), params: json("What it is called with: any JSON value.") }),
} as const;

/** A batch of them: each command is an object with one method and its request. */
export const batchRequest = fields({
  commands: v.optional(v.nullable(v.array(v.unknown(), "expected a list"))),
  parallel: flag("Whether the commands need not wait for each other; the replies are in their order all the same."),
});

/** A method of the API that is no batch. */
export type Method = keyof typeof requests;

/** A request that was read. */
export type Request<M extends Method> = v.InferOutput<(typeof requests)[M]>;

/** The methods that Centrifugo has not: of a mistake in them the caller is told the place, with error 107. */
export const ownMethods: ReadonlySet<Method> = new Set<Method>(["send", "push_log"]);

/** Whether a name is that of a method; names like `constructor` are none. */
export function isMethod(name: string): name is Method {
  return Object.hasOwn(requests, name);
}
