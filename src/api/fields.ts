import * as v from "valibot";
import { closeCodes, closeReasonBytesMax } from "../operations/server-commands.ts";

// The fields of requests, read as Centrifugo's Go server reads them: absent and null are the same as empty. Descriptions
// are those of the OpenAPI document.

/** Refuses a list where an object is expected: valibot's own schemas take one for an object without fields. */
function noList<Schema extends v.GenericSchema>(schema: Schema): Schema {
  return {
    ...schema,
    "~run": (dataset, config) =>
      schema["~run"](Array.isArray(dataset.value) ? { value: undefined, typed: false } : dataset, config),
  };
}

/** An object of these fields; others are ignored. */
export function fields<const Entries extends v.ObjectEntries>(entries: Entries) {
  return noList(v.object(entries, "expected an object"));
}

/** An object that may be left out. */
export function nested<const Entries extends v.ObjectEntries>(about: string, entries: Entries) {
  return v.pipe(v.optional(v.nullable(fields(entries))), v.description(about));
}

const string = v.string("expected a string");

/** A text; "" where it is absent. With `check`, one that it lets through. */
export function text(about: string, check?: v.PipeItem<string, string, v.BaseIssue<string>>) {
  return v.pipe(
    v.optional(v.nullable(check ? v.pipe(string, check) : string), ""),
    v.description(about),
    v.transform((value) => value ?? ""),
  );
}

/** Texts; none where they are absent. */
export function texts(about: string) {
  return v.pipe(
    v.optional(v.nullable(v.array(v.nullable(string), "expected a list of strings")), []),
    v.description(about),
    v.transform((values): readonly string[] => (values ?? []).map((value) => value ?? "")),
  );
}

/** A boolean; false where it is absent. */
export function flag(about: string) {
  return v.pipe(
    v.optional(v.nullable(v.boolean("expected a boolean")), false),
    v.description(about),
    v.transform((value) => value === true),
  );
}

const whole = v.pipe(v.number("expected a number"), v.safeInteger("expected a whole number"));

const wholes = {
  any: whole,
  "0 or more": v.pipe(whole, v.minValue(0, "expected 0 or more")),
  "32 bits": v.pipe(whole, v.minValue(-(2 ** 31), "expected 32 bits"), v.maxValue(2 ** 31 - 1, "expected 32 bits")),
};

/** A whole number of a range; 0 where it is absent. */
export function integer(about: string, range: keyof typeof wholes = "any") {
  return v.pipe(
    v.optional(v.nullable(wholes[range]), 0),
    v.description(about),
    v.transform((value) => value ?? 0),
  );
}

/** The largest number of 64 bits without a sign, as Centrifugo's offsets may be. */
const uint64Max = 2 ** 64;

/** A number of 64 bits without a sign; 0 where it is absent. One over 2^53 - 1 counts as that number. */
function unsigned(about: string) {
  const given = v.pipe(
    v.number("expected a number"),
    v.integer("expected a whole number"),
    v.minValue(0, "expected 0 or more"),
    v.check((value) => value <= uint64Max, "expected 64 bits"),
  );
  return v.pipe(
    v.optional(v.nullable(given), 0),
    v.description(about),
    v.transform((value) => Math.min(value ?? 0, Number.MAX_SAFE_INTEGER)),
  );
}

/** A whole number within bounds; undefined where it is absent. */
export function bounded(about: string, { min, max }: { readonly min: number; readonly max: number }) {
  const expected = `expected ${min} to ${max}`;
  return filter(about, v.pipe(whole, v.minValue(min, expected), v.maxValue(max, expected)));
}

/** A value of this kind; undefined where it is absent. */
function filter<const Schema extends v.GenericSchema>(about: string, given: Schema) {
  return v.pipe(
    v.optional(v.nullable(given)),
    v.description(about),
    v.transform((value) => value ?? undefined),
  );
}

/** A text; undefined where it is absent. */
export function optionalText(about: string) {
  return filter(about, string);
}

/** One of these words; undefined where it is absent. */
export function choice<const Words extends readonly [string, ...string[]]>(about: string, words: Words) {
  return filter(about, v.picklist(words, `expected ${words.join(" or ")}`));
}

/** An instant; undefined where it is absent. */
export function instant(about: string) {
  return filter(`${about}, in milliseconds since 1970.`, whole);
}

/** Names with a text each. */
function record(about: string) {
  const given = noList(v.record(v.string(), v.nullable(string), "expected an object of strings"));
  return v.pipe(
    v.optional(v.nullable(given)),
    v.description(about),
    v.transform((entries) => entries && withoutNulls(entries)),
  );
}

function withoutNulls(entries: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, value ?? ""]));
}

/** Any JSON value, which is taken from the body as the bytes that came. */
export function json(about: string) {
  return v.pipe(v.optional(v.unknown()), v.description(about));
}

/** The channel of a method that has one. */
export const channel = text("The name of the channel.");

/** A position in a channel's history. */
export const position = nested("A position in the channel's history.", {
  offset: unsigned("The offset of the last publication that is known."),
  epoch: text("The epoch to which the offset belongs."),
});

/** The idempotency key of a method that has one. */
export const idempotencyKey = text(
  "Within five minutes a repeated key has no second effect and gets the first result.",
);

/** What a publish and a broadcast share. */
export const publication = {
  data: json("What is published: any JSON value. It is forwarded byte for byte."),
  b64data: text("Instead of data: bytes in base64 with padding. Where they are JSON they are published as JSON."),
  skip_history: flag("Whether the publication is kept out of the history."),
  tags: record("Names and texts that clients receive beside the data."),
  idempotency_key: idempotencyKey,
  delta: flag(
    "Whether it is sent as a patch to subscribers that have negotiated deltas, also without `delta_publish`.",
  ),
  version: unsigned("A publish with a version that is not higher than the last one of its channel has no effect."),
  version_epoch: text("Versions are compared within one epoch."),
  exclude_client: text("The id of a connection that does not receive it live: that of the publisher."),
};

/** Which connections a method is for. */
export const target = {
  user: text("The user; empty for the anonymous connections."),
  client: text("The id of one connection; empty for all of the user's."),
  session: text("The session of one connection over an emulated transport; empty for all of the user's."),
};

/** How connections are closed. */
export const disconnect = nested("The close frame; absent: 3503, force disconnect.", {
  code: bounded("The code; with 3500 to 3999 and 4500 to 4999 clients do not reconnect.", closeCodes),
  reason: text(
    `The reason: at most ${closeReasonBytesMax} bytes.`,
    v.maxBytes(closeReasonBytesMax, `expected at most ${closeReasonBytesMax} bytes`),
  ),
});
