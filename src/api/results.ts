import * as v from "valibot";
import type { Method } from "./requests.ts";

// What the methods answer. The answers are written by hand, because they are on the path of every publish; these schemas
// describe them in the OpenAPI document, and tests hold every answer against them.

const whole = v.pipe(v.number(), v.safeInteger());
const natural = v.pipe(whole, v.minValue(0));
const epoch = v.pipe(
  v.string(),
  v.description("The epoch of the channel's history: offsets of another do not compare."),
);
const nothing = v.strictObject({});

const error = v.strictObject({
  code: v.pipe(
    whole,
    v.description(
      "100 internal, 102 unknown channel, 103 permission denied, 104 not found, 106 limit exceeded, 107 bad request, 108 not available, 112 unrecoverable position",
    ),
  ),
  message: v.string(),
});

const client = v.strictObject({
  user: v.string(),
  client: v.string(),
  conn_info: v.optional(v.unknown()),
  chan_info: v.optional(v.unknown()),
});

const publication = v.strictObject({
  data: v.unknown(),
  offset: v.pipe(whole, v.minValue(1)),
  info: v.optional(client),
  tags: v.optional(v.record(v.string(), v.string())),
});

const published = v.strictObject({
  offset: v.pipe(v.optional(v.pipe(whole, v.minValue(1))), v.description("Absent where the channel keeps no history.")),
  epoch: v.optional(epoch),
});

const responses = v.array(v.union([v.strictObject({ result: published }), v.strictObject({ error })]));

const process = v.strictObject({ cpu: v.pipe(v.number(), v.description("Percent of one core.")), rss: natural });

const node = v.strictObject({
  uid: v.string(),
  name: v.string(),
  version: v.string(),
  num_clients: natural,
  num_users: natural,
  num_subs: natural,
  num_channels: natural,
  uptime: v.pipe(natural, v.description("Seconds.")),
  process,
});

const entry = v.strictObject({
  time: v.pipe(whole, v.description("Milliseconds since 1970.")),
  key: v.pipe(v.string(), v.description("The name of the API key; empty where a message was delivered later.")),
  method: v.string(),
  target: v.pipe(v.string(), v.description("The channel, the connection or the user.")),
  channel: v.optional(v.string()),
  channels: v.optional(natural),
  user: v.optional(v.string()),
  client: v.optional(v.string()),
  bytes: v.pipe(natural, v.description("The size of what was pushed.")),
  offset: v.optional(natural),
  connections: v.pipe(v.optional(natural), v.description("Connections reached.")),
  queued: v.pipe(v.boolean(), v.description("Whether it waits for its user.")),
  outcome: v.pipe(v.string(), v.description("ok, delivered_later, or the code of an error.")),
  idempotency_key: v.optional(v.string()),
  payload: v.pipe(v.optional(v.string()), v.description("What was pushed, as JSON; only with push_log.payloads.")),
});

/** The result of each method. */
export const results = {
  publish: published,
  broadcast: v.strictObject({
    responses: v.pipe(responses, v.description("One for each channel, in the order of the request.")),
  }),
  subscribe: nothing,
  unsubscribe: nothing,
  disconnect: nothing,
  refresh: nothing,
  presence: v.strictObject({
    presence: v.pipe(v.record(v.string(), client), v.description("By the id of the connection.")),
  }),
  presence_stats: v.strictObject({ num_clients: natural, num_users: natural }),
  history: v.strictObject({
    publications: v.array(publication),
    epoch,
    offset: v.pipe(natural, v.description("The offset of the newest publication, whether it is in the answer or not.")),
  }),
  history_remove: nothing,
  channels: v.strictObject({ channels: v.record(v.string(), v.strictObject({ num_clients: natural })) }),
  info: v.strictObject({ nodes: v.array(node) }),
  send: v.strictObject({
    connections: v.pipe(natural, v.description("Connections that it reached.")),
    queued: v.pipe(v.boolean(), v.description("Whether it waits for the user.")),
  }),
  push_log: v.strictObject({
    entries: v.pipe(v.array(entry), v.description("The newest first.")),
    cursor: v.pipe(v.optional(v.string()), v.description("Where the next page begins; absent on the last.")),
  }),
  rpc: nothing,
} as const satisfies Readonly<Record<Method, v.GenericSchema>>;

/** An error of a method, in place of its result. */
export const failure = v.strictObject({ error });

/** The body of an error that is a status too (`X-Centrifugo-Error-Mode: transport`). */
export const bareError = error;
