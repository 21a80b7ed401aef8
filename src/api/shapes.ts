import * as v from "valibot";

// Parts of results. Results are encoded by hand, because they are on the path of every publish; these schemas describe
// them in the OpenAPI document, and tests compare every answer with them.

const whole = v.pipe(v.number(), v.safeInteger());

/** A whole number that is not negative. */
export const natural = v.pipe(whole, v.minValue(0));

/** An instant. */
export const instant = v.pipe(whole, v.description("Milliseconds since 1970."));

/** The result of a method that returns nothing. */
export const nothing = v.strictObject({});

/** The epoch of a channel's history. */
export const epoch = v.pipe(
  v.string(),
  v.description("The epoch of the channel's history: offsets of another one do not compare."),
);

/** An error of a method; the body of an answer whose status is the error too (`X-Centrifugo-Error-Mode: transport`). */
export const error = v.strictObject({
  code: v.pipe(
    whole,
    v.description(
      "100 internal, 102 unknown channel, 103 permission denied, 104 not found, 106 limit exceeded, 107 bad request, 108 not available, 112 unrecoverable position",
    ),
  ),
  message: v.string(),
});

/** An error in place of a result. */
export const failure = v.strictObject({ error });

/** A connection as others see it. */
export const client = v.strictObject({
  user: v.string(),
  client: v.string(),
  conn_info: v.optional(v.unknown()),
  chan_info: v.optional(v.unknown()),
});

const offset = v.pipe(whole, v.minValue(1));

/** A publication in a channel's history. */
export const publication = v.strictObject({
  data: v.unknown(),
  offset,
  info: v.optional(client),
  tags: v.optional(v.record(v.string(), v.string())),
});

/** Where a publication is in its channel's history. */
export const published = v.strictObject({
  offset: v.pipe(v.optional(offset), v.description("Absent where the channel keeps no history.")),
  epoch: v.optional(epoch),
});
