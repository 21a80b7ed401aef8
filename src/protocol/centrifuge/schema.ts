import { type Extent, findItems, findMembers } from "../../core/json.ts";
import { isObject } from "../../core/object.ts";

/** A request's fields as they were read, before anything is known of them. */
export type Fields = Readonly<Record<string, unknown>>;

/** The type that the protocol gives a field. */
interface Check {
  /** Whether a parsed value has the type. */
  (value: unknown): boolean;
  /**
   * Whether the text of a value that has the type writes one of its integers as a fraction or with an exponent: `1.0` and
   * `1e0` are no integers of the protocol, but once parsed they do not differ from `1`. Absent where it has no integers.
   *
   * @param json a text that `JSON.parse` took
   * @param value the place of the value in it
   */
  readonly hasFraction?: (json: string, value: Extent) => boolean;
}

/**
 * The fields that the protocol knows of one message, with their types. Fields that it does not know are ignored, as
 * newer clients send them. A `Map`, so that a field named `__proto__` or `toString` finds nothing.
 */
type Schema = ReadonlyMap<string, Check>;

/** Whether every known field has its type. A null field counts as absent, as it does for the protocol's own codecs. */
function fits(schema: Schema, value: unknown): value is Fields {
  if (!isObject(value)) {
    return false;
  }
  for (const name of Object.keys(value)) {
    const field = value[name];
    const check = schema.get(name);
    if (check !== undefined && field !== null && !check(field)) {
      return false;
    }
  }
  return true;
}

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
/** Any value: payloads, which are never read. */
const isAnything: Check = () => true;

/**
 * Integers between two bounds. Signed numbers of 64 bits end at 2^53 - 1 here: above it a number is not what was
 * sent. Minus zero is refused where it is one: it would be answered as 0.
 */
function integers(from: number, to: number): Check {
  const fitsBounds = (value: unknown) =>
    typeof value === "number" && value >= from && value <= to && Number.isInteger(value) && !Object.is(value, -0);
  return Object.assign(fitsBounds, {
    hasFraction: (json: string, { start, end }: Extent) => /[.eE]/.test(json.slice(start, end)),
  });
}

const isUint32 = integers(0, 0xffff_ffff);
const isInt32 = integers(-0x8000_0000, 0x7fff_ffff);
/** Rounded above 2^53: an offset that large is beyond every stream, and none is answered with it. */
const isUint64 = integers(0, 2 ** 64);
const isInt64 = integers(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

/** A list of texts or of messages; no list of the protocol holds integers. */
function lists(check: Check): Check {
  const fitsItems = (value: unknown) => Array.isArray(value) && value.every((item) => item === null || check(item));
  const { hasFraction } = check;
  if (hasFraction === undefined) return fitsItems;
  return Object.assign(fitsItems, {
    hasFraction: (json: string, { start, end }: Extent) =>
      !isNull(json, start) && findItems(json, start).some((item) => hasFraction(json, { start: item, end })),
  });
}

/** An object whose keys are free and whose values are all of one type. */
function maps(check: Check): Check {
  const fitsValues = (value: unknown) =>
    isObject(value) && Object.values(value).every((item) => item === null || check(item));
  const { hasFraction } = check;
  if (hasFraction === undefined) return fitsValues;
  return Object.assign(fitsValues, {
    hasFraction: (json: string, { start }: Extent) =>
      !isNull(json, start) && [...findMembers(json, start).values()].some((value) => hasFraction(json, value)),
  });
}

/** A message: its known fields are checked, and no others, so that the cost follows the length of the text. */
function messages(schema: Schema): Check {
  const fitsSchema = (value: unknown) => fits(schema, value);
  const exact = [...schema].filter(([, { hasFraction }]) => hasFraction !== undefined);
  if (exact.length === 0) return fitsSchema;
  return Object.assign(fitsSchema, {
    hasFraction: (json: string, { start }: Extent) => {
      if (isNull(json, start)) return false;
      const members = findMembers(json, start);
      return exact.some(([name, { hasFraction }]) => {
        const value = members.get(name);
        return value !== undefined && hasFraction?.(json, value) === true;
      });
    },
  });
}

function isNull(json: string, at: number): boolean {
  return json.startsWith("null", at);
}

const filterNode: Schema = new Map<string, Check>([
  ["op", isText],
  ["key", isText],
  ["cmp", isText],
  ["val", isText],
  ["vals", lists(isText)],
  // Written as a function, because a node holds nodes.
  ["nodes", lists((value) => fits(filterNode, value))],
]);

const subscribe: Schema = new Map([
  ["channel", isText],
  ["token", isText],
  ["recover", isFlag],
  ["epoch", isText],
  ["offset", isUint64],
  ["data", isAnything],
  ["positioned", isFlag],
  ["recoverable", isFlag],
  ["join_leave", isFlag],
  ["delta", isText],
  ["tf", messages(filterNode)],
  ["flag", isInt64],
  ["type", isInt32],
  ["phase", isInt32],
  ["cursor", isText],
  ["limit", isInt32],
  ["asc", isFlag],
]);

const connect: Schema = new Map([
  ["token", isText],
  ["data", isAnything],
  ["subs", maps(messages(subscribe))],
  ["name", isText],
  ["version", isText],
  ["headers", maps(isText)],
  ["flag", isInt64],
  ["dict", isText],
  ["profile", isText],
]);

const publish: Schema = new Map([
  ["channel", isText],
  ["data", isAnything],
  ["type", isInt32],
  ["key", isText],
  ["removed", isFlag],
]);

const history: Schema = new Map([
  ["channel", isText],
  ["limit", isInt32],
  [
    "since",
    messages(
      new Map([
        ["offset", isUint64],
        ["epoch", isText],
      ]),
    ),
  ],
  ["reverse", isFlag],
]);

const trackBatch: Schema = new Map([
  ["signature", isText],
  [
    "items",
    lists(
      messages(
        new Map([
          ["key", isText],
          ["version", isUint64],
        ]),
      ),
    ),
  ],
]);

const subRefresh: Schema = new Map([
  ["channel", isText],
  ["token", isText],
  ["type", isInt32],
  ["track", lists(messages(trackBatch))],
  ["untrack", lists(isText)],
]);

const channelAlone: Schema = new Map([["channel", isText]]);

/** One command of the Centrifuge protocol: an id and one of the methods. */
const command: Schema = new Map<string, Check>([
  ["id", isUint32],
  ["connect", messages(connect)],
  ["subscribe", messages(subscribe)],
  ["unsubscribe", messages(channelAlone)],
  ["publish", messages(publish)],
  ["presence", messages(channelAlone)],
  ["presence_stats", messages(channelAlone)],
  ["history", messages(history)],
  // In the protocol's schema, but nothing runs it: a command with nothing else is malformed.
  ["ping", isObject],
  [
    "rpc",
    messages(
      new Map([
        ["data", isAnything],
        ["method", isText],
      ]),
    ),
  ],
  ["send", messages(new Map([["data", isAnything]]))],
  ["refresh", messages(new Map([["token", isText]]))],
  ["sub_refresh", messages(subRefresh)],
]);

/** Whether a value is a command whose fields, also those of methods that will not be run, have their types. */
export function isCommand(value: unknown): value is Fields {
  return fits(command, value);
}

const { hasFraction } = messages(command);

/** Whether the text of a command, which begins at `start`, writes one of its integers as a fraction or with an exponent. */
export function writesFraction(json: string, start: number): boolean {
  return hasFraction?.(json, { start, end: json.length }) ?? false;
}
