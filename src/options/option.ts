import * as v from "valibot";
import { milliseconds } from "../core/time.ts";
import { formatDuration, longestDuration, measureDuration, parseDuration } from "./duration.ts";
import { alternatives, expected, expectedSecret } from "./expectations.ts";

/** The metadata of an option: how a variable's text becomes its value, its unit, and whether it is shown. */
export interface OptionNotes {
  readonly kind: "text" | "flag" | "number" | "duration" | "list" | "records";
  /** What a number counts. */
  readonly unit?: string;
  /** The default in words, where it follows from other options. */
  readonly derived?: string;
  /** `all`: never shown. `url`: shown without what may be secret in a URL. */
  readonly secret?: "all" | "url";
}

/** The largest number that Bun takes for a size, as measured on Bun 1.4.5: it keeps them in 32 bits. */
const uint32Max = 4_294_967_295;

/** The notes of one option, in the form that valibot keeps them in. */
function notes<Input>(of: OptionNotes) {
  return v.metadata<Input, OptionNotes & Record<string, unknown>>({ ...of });
}

/** Which texts are good, and what they are called in an error. */
export interface TextRule {
  /** A pattern, or anything else that can test. */
  readonly pattern: { test(text: string): boolean };
  readonly means: string;
}

/** White space and characters without a width: they are invisible, and change a secret. */
const invisible = "[\\s\\u200b-\\u200d\\u2060]";
const invisibleEdge = new RegExp(`^${invisible}|${invisible}$`);

const anyText: TextRule = { pattern: /(?:)/, means: "a text" };

/** A text that is compared as it is: invisible white space would change it. */
export const comparedText: TextRule = {
  pattern: { test: (value) => !invisibleEdge.test(value) },
  means: "a text without white space at its ends",
};

/** A text; empty where nothing is set. */
export function text(fallback: string, doc: string, { pattern, means }: TextRule = anyText) {
  const message = expected(means);
  return v.optional(
    v.pipe(
      v.string(message),
      v.check((value) => pattern.test(value), message),
      notes({ kind: "text" }),
      v.description(doc),
    ),
    fallback,
  );
}

/** What a secret may be. */
export interface SecretRule {
  /** Tested beside the rule on white space at the ends. */
  readonly pattern: RegExp;
  readonly means: string;
}

/** A key that a client sends in an HTTP header, of which it can send no other characters as they are. */
export const headerKey: SecretRule = {
  pattern: /^[\x20-\x7e]*$/,
  means: "a key of visible ASCII characters, because an HTTP header carries it",
};

/** A text that is shown nowhere; empty where nothing is set. White space at its ends is a mistake of a shell or an editor. */
export function secret(doc: string, rule: SecretRule = { pattern: /(?:)/, means: "a text" }) {
  return v.optional(secretText(doc, rule), "");
}

/** The schema of a secret that must be given. */
export function secretText(doc: string, { pattern, means }: SecretRule) {
  return v.pipe(
    v.string(expectedSecret("a text")),
    v.check(
      (value) => !invisibleEdge.test(value),
      "expected no white space or line break at the beginning or the end: remove it, in a shell by printf %s",
    ),
    v.check((value) => invisibleEdge.test(value) || pattern.test(value), `expected ${means}`),
    notes({ kind: "text", secret: "all" }),
    v.description(doc),
  );
}

/** A private key as PEM, or the path of its file; shown nowhere, empty where nothing is set. */
export function privateKey(doc: string) {
  return v.optional(
    v.pipe(v.string(expectedSecret("a text")), notes({ kind: "text", secret: "all" }), v.description(doc)),
    "",
  );
}

/** A URL, which may have a password in it. */
export function url(doc: string) {
  return v.optional(
    v.pipe(v.string(expectedSecret("a text")), notes({ kind: "text", secret: "url" }), v.description(doc)),
    "",
  );
}

/** Yes or no. */
export function flag(fallback: boolean, doc: string) {
  return v.optional(
    v.pipe(v.boolean(expected("true or false")), notes({ kind: "flag" }), v.description(doc)),
    fallback,
  );
}

/** `insecure_skip_verify` of every connection over TLS that Chorus opens. */
export const anyCertificate = flag(
  false,
  "Whether any certificate is accepted: anyone between the two ends can then read and change all data.",
);

/** One of a few texts. */
export function choice<const Values extends readonly string[]>(values: Values, fallback: Values[number], doc: string) {
  const schema = v.pipe(
    v.picklist(values, expected(alternatives(values))),
    notes({ kind: "text" }),
    v.description(doc),
  );
  return v.optional(schema, () => fallback);
}

/** The bounds of a whole number, and what it counts. */
interface CountLimits {
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
}

/** A whole number of something. */
export function count(fallback: number, doc: string, limits: CountLimits = {}) {
  return v.optional(countSchema(doc, limits), fallback);
}

/** A whole number of something, or a word that stands for one. */
export function countOrWord<const Word extends string>(word: Word, fallback: number, doc: string, limits: CountLimits) {
  const { unit = "", min = 0, max = uint32Max } = limits;
  const message = expected(`a whole number from ${min} to ${max}, or "${word}"`);
  const schema = v.pipe(
    v.union([v.number(), v.literal(word)], message),
    v.check(
      (value) => value === word || (Number.isInteger(value) && Number(value) >= min && Number(value) <= max),
      message,
    ),
    notes({ kind: "number", unit }),
    v.description(doc),
  );
  return v.optional(schema, fallback);
}

/** A whole number whose default follows from other options, as the words say; null where it is not set. */
export function derivedCount(derived: string, doc: string, limits: CountLimits = {}) {
  return v.nullish(countSchema(doc, limits, { derived }), null);
}

function countSchema(
  doc: string,
  { unit = "", min = 0, max = uint32Max }: CountLimits,
  more: Partial<OptionNotes> = {},
) {
  const message = expected(`a whole number from ${BigInt(min)} to ${BigInt(max)}`);
  return v.pipe(
    v.number(message),
    v.check((value) => Number.isInteger(value) && value >= min && value <= max, message),
    notes({ kind: "number", unit, ...more }),
    v.description(doc),
  );
}

/** What a duration may be beyond its form. */
export interface DurationLimits {
  readonly min?: string;
  readonly max?: string;
  /** Centrifugo takes whole seconds alone for what history counts. */
  readonly wholeSeconds?: boolean;
}

/** A time: in the file as text with its units, in the configuration as milliseconds. */
export function duration(fallback: string, doc: string, limits: DurationLimits = {}) {
  const { min = "0s", max, wholeSeconds = false } = limits;
  const message = expected('a duration such as "60s"');
  const least = parseDuration(min) ?? 0;
  const most = parseDuration(max ?? "") ?? Number.POSITIVE_INFINITY;
  return v.optional(
    v.pipe(
      v.string(message),
      v.check((value) => measureDuration(value) !== null, message),
      v.check(
        (value) => measureDuration(value) === null || parseDuration(value) !== null,
        expected(`at most ${formatDuration(longestDuration)}`),
      ),
      v.transform((value) => parseDuration(value) ?? 0),
      v.minValue(least, (issue) => `expected at least ${min}, got ${formatDuration(issue.input)}`),
      v.maxValue(most, (issue) => `expected at most ${max}, got ${formatDuration(issue.input)}`),
      v.check(
        (value) => !wholeSeconds || value % 1_000 === 0,
        (issue) => `expected whole seconds, got ${formatDuration(issue.input)}`,
      ),
      v.transform(milliseconds),
      notes({ kind: "duration", unit: "milliseconds" }),
      v.description(doc),
    ),
    fallback,
  );
}

/** A list of texts; null is an empty one, as in the files that Centrifugo writes. */
export function list(doc: string, { pattern, means, isSecret = false }: TextRule & { isSecret?: boolean } = anyText) {
  const message = isSecret ? expectedSecret(means) : expected(means);
  const item = v.pipe(
    v.string(message),
    v.check((value) => pattern.test(value), message),
  );
  return v.nullish(
    v.pipe(v.array(item, expectedSecret("a list of texts")), notes({ kind: "list" }), v.description(doc)),
    () => [],
  );
}

/** Texts by name; null is none. They may be secrets. */
export function textMap(doc: string, { pattern, means }: TextRule) {
  const name = v.pipe(
    v.string(),
    v.check((key) => pattern.test(key), `expected ${means}`),
  );
  return v.nullish(
    v.pipe(
      v.record(name, v.string(expectedSecret("a text")), expectedSecret("an object of texts")),
      notes({ kind: "records", secret: "all" }),
      v.description(doc),
    ),
    () => ({}),
  );
}

/** A list of objects; null is an empty one. */
export function records<const Entries extends v.ObjectEntries>(doc: string, entries: Entries) {
  const item = v.object(entries, (issue) => {
    const isMissingOption = issue.input === undefined;
    return isMissingOption ? "expected a value, got nothing" : expectedSecret("an object")(issue);
  });
  return v.nullish(
    v.pipe(v.array(item, expectedSecret("a list of objects")), notes({ kind: "records" }), v.description(doc)),
    () => [],
  );
}

/** A part of the configuration with options of its own. */
export function section<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.object(entries, expectedSecret("an object"));
}
