import * as v from "valibot";

// The fields of requests, as Centrifugo's Go server reads them: absent and null are the same as empty. What a
// description says stands in the OpenAPI document.

/** Lets no list through where an object is expected: valibot's own schemas take one for an object without fields. */
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

/** A text; "" where it is absent. With `check`, one that it lets through. */
export function text(about: string, check?: v.PipeItem<string, string, v.BaseIssue<string>>) {
  const any = v.string("expected a string");
  return v.pipe(
    v.optional(v.nullable(check ? v.pipe(any, check) : any), ""),
    v.description(about),
    v.transform((value) => value ?? ""),
  );
}

/** Texts; none where they are absent. */
export function texts(about: string) {
  return v.pipe(
    v.optional(v.nullable(v.array(v.string("expected a string"), "expected a list of strings")), []),
    v.description(about),
    v.transform((value) => value ?? []),
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

/** A whole number. */
export const whole = v.pipe(v.number("expected a number"), v.safeInteger("expected a whole number"));

/** A whole number, or one that is not negative; 0 where it is absent. */
export function integer(about: string, least: "any" | "0" = "any") {
  const given = least === "0" ? v.pipe(whole, v.minValue(0, "expected 0 or more")) : whole;
  return v.pipe(
    v.optional(v.nullable(given), 0),
    v.description(about),
    v.transform((value) => value ?? 0),
  );
}

/** Names with a text each. */
export function record(about: string) {
  const given = noList(v.record(v.string(), v.string("expected a string"), "expected an object of strings"));
  return v.pipe(v.optional(v.nullable(given)), v.description(about));
}

/** Any JSON value, which is taken from the body as the bytes that came. */
export function json(about: string) {
  return v.pipe(v.optional(v.unknown()), v.description(about));
}
