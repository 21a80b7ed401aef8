import * as v from "valibot";
import { isCursor } from "../push/search.ts";

/** A text; absent is empty, which a method that needs it answers with 107. */
const text = v.optional(v.nullable(v.string("expected a string")), "");
const plainText = v.pipe(
  text,
  v.transform((value) => value ?? ""),
);
const flag = v.pipe(
  v.optional(v.nullable(v.boolean("expected a boolean")), false),
  v.transform((value) => value === true),
);
const whole = v.pipe(v.number("expected a number"), v.safeInteger("expected a whole number"));
const count = v.pipe(
  v.optional(v.nullable(whole), 0),
  v.transform((value) => value ?? 0),
);
const texts = v.pipe(
  v.optional(v.nullable(v.array(v.string("expected a string"), "expected a list of strings")), []),
  v.transform((value) => value ?? []),
);
const tags = v.optional(
  v.nullable(v.record(v.string(), v.string("expected a string"), "expected an object of strings")),
);
const json = v.optional(v.unknown());

const position = v.optional(
  v.nullable(v.object({ offset: v.optional(v.pipe(whole, v.minValue(0)), 0), epoch: plainText }, "expected an object")),
);

const boolValue = v.optional(v.nullable(v.object({ value: flag }, "expected an object")));
const override = v.optional(
  v.nullable(
    v.object(
      {
        presence: boolValue,
        join_leave: boolValue,
        force_push_join_leave: boolValue,
        force_recovery: boolValue,
        force_positioning: boolValue,
      },
      "expected an object",
    ),
  ),
);

/** What a publish and each part of a broadcast share. */
const publishing = {
  data: json,
  b64data: plainText,
  skip_history: flag,
  tags,
  idempotency_key: plainText,
  delta: flag,
  version: v.pipe(count, v.minValue(0, "expected 0 or more")),
  version_epoch: plainText,
  /** A connection that is not to receive it live: its publisher, where a back end publishes for a client. */
  exclude_client: plainText,
};

/** Which connections are meant. */
const target = { user: plainText, client: plainText, session: plainText };

/** The requests of the API, by method: names and shapes are Centrifugo's. Unknown fields are ignored. */
export const requests = {
  publish: v.object({ channel: plainText, ...publishing }),
  broadcast: v.object({ channels: texts, ...publishing }),
  subscribe: v.object({
    ...target,
    channel: plainText,
    expire_at: count,
    info: json,
    b64info: plainText,
    data: json,
    b64data: plainText,
    recover_since: position,
    override,
  }),
  unsubscribe: v.object({ ...target, channel: plainText }),
  disconnect: v.object({
    ...target,
    whitelist: texts,
    disconnect: v.optional(
      v.nullable(
        v.object(
          {
            code: v.optional(
              v.pipe(whole, v.minValue(3000, "expected 3000 to 4999"), v.maxValue(4999, "expected 3000 to 4999")),
            ),
            reason: v.pipe(plainText, v.maxBytes(123, "expected at most 123 bytes")),
          },
          "expected an object",
        ),
      ),
    ),
  }),
  refresh: v.object({ ...target, expired: flag, expire_at: count, info: json }),
  presence: v.object({ channel: plainText }),
  presence_stats: v.object({ channel: plainText }),
  history: v.object({ channel: plainText, limit: count, since: position, reverse: flag }),
  history_remove: v.object({ channel: plainText }),
  channels: v.object({ pattern: v.pipe(plainText, v.maxLength(255, "expected at most 255 characters")) }),
  info: v.object({}),
  send: v.object({
    user: plainText,
    client: plainText,
    data: json,
    b64data: plainText,
    queue_ttl_s: v.pipe(count, v.minValue(0, "expected 0 or more")),
    idempotency_key: plainText,
  }),
  push_log: v.object({
    user: v.optional(v.string("expected a string")),
    channel: v.optional(v.string("expected a string")),
    method: v.optional(v.string("expected a string")),
    key: v.optional(v.string("expected a string")),
    outcome: v.optional(v.string("expected a string")),
    since: v.optional(whole),
    until: v.optional(whole),
    limit: v.optional(v.pipe(whole, v.minValue(1, "expected 1 to 1000"), v.maxValue(1000, "expected 1 to 1000"))),
    cursor: v.optional(v.pipe(v.string("expected a string"), v.check(isCursor, "expected the cursor of a page"))),
  }),
  rpc: v.object({ method: plainText, params: json }),
} as const;

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
