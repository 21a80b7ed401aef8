/**
 * Finds places in a JSON text. `JSON.parse` says what a text means but not where; to forward a payload as the
 * bytes that came, its place is found here. Nothing here checks: what is called after `JSON.parse` relies on its yes.
 */

const quote = 0x22;
const comma = 0x2c;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const space = 0x20;

/**
 * Levels of lists and objects in each other that are taken from outside. `JSON.parse` needs stack for each: above
 * 16,000 levels its time grows steeply on Bun 1.4.5, and what is forwarded is parsed by others, whose limits are lower.
 */
export const jsonLevelsMax = 1_000;

/** A part of a text: from the first character to the one after the last. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/**
 * Whether lists and objects lie in each other deeper than `levelsMax`. Safe on any text, also one that is no JSON:
 * as far as it is JSON, strings and brackets are distinguished as a parser does, and a parser stops where it is not.
 */
export function isDeeperThan(json: string, levelsMax: number): boolean {
  // Each level takes a character to open, so most texts need no look.
  if (json.length <= levelsMax) {
    return false;
  }
  let level = 0;
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at);
    if (unit === quote) {
      at = afterString(json, at) - 1;
    } else if (unit === openObject || unit === openList) {
      level++;
      if (level > levelsMax) {
        return true;
      }
    } else if (unit === closeObject || unit === closeList) {
      level--;
    }
  }
  return false;
}

/**
 * The place of a member's value in an object: for `data` in `{"data":1}` the extent of `1`. The last of equal
 * names counts, as it does for `JSON.parse`. Null where there is none.
 *
 * @param json a text that `JSON.parse` took
 * @param object where in it the object begins
 */
export function findMember(json: string, object: number, name: string): Extent | null {
  let found: Extent | null = null;
  let at = skipSpace(json, object + 1);
  while (json.charCodeAt(at) === quote) {
    const afterName = afterString(json, at);
    const start = skipSpace(json, skipSpace(json, afterName) + 1);
    const end = afterValue(json, start);
    if (isNamed(json, { start: at + 1, end: afterName - 1 }, name)) {
      found = { start, end };
    }
    at = skipSpace(json, end);
    if (json.charCodeAt(at) === comma) {
      at = skipSpace(json, at + 1);
    }
  }
  return found;
}

/**
 * The places of the values of an object's members, by name. The last of equal names counts, as it does for `JSON.parse`.
 * Names with escapes are found as what they mean.
 *
 * @param json a text that `JSON.parse` took
 * @param object where in it the object begins
 */
export function findMembers(json: string, object: number): Map<string, Extent> {
  const members = new Map<string, Extent>();
  let at = skipSpace(json, object + 1);
  while (json.charCodeAt(at) === quote) {
    const afterName = afterString(json, at);
    const start = skipSpace(json, skipSpace(json, afterName) + 1);
    const end = afterValue(json, start);
    const name = json.slice(at + 1, afterName - 1);
    members.set(name.includes("\\") ? JSON.parse(`"${name}"`) : name, { start, end });
    at = skipSpace(json, end);
    if (json.charCodeAt(at) === comma) {
      at = skipSpace(json, at + 1);
    }
  }
  return members;
}

/** Where the items of a list begin, in their order, in a text that `JSON.parse` took. */
export function findItems(json: string, list: number): number[] {
  const starts: number[] = [];
  let at = skipSpace(json, list + 1);
  while (at < json.length && json.charCodeAt(at) !== closeList) {
    starts.push(at);
    at = skipSpace(json, afterValue(json, at));
    if (json.charCodeAt(at) === comma) {
      at = skipSpace(json, at + 1);
    }
  }
  return starts;
}

/** A name may be written with escapes, which make it longer: `"d\u0061ta"` is `data` to a parser, and so it is here. */
function isNamed(json: string, { start, end }: Extent, name: string): boolean {
  const length = end - start;
  if (length <= name.length) {
    return length === name.length && json.startsWith(name, start);
  }
  const raw = json.slice(start, end);
  return raw.includes("\\") && JSON.parse(`"${raw}"`) === name;
}

/** The four characters that JSON takes for space all come before the visible ones. */
export function skipSpace(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) <= space) {
    at++;
  }
  return at;
}

/** The place after a string that begins at `from`: after the first quote that an even number of backslashes precedes. */
function afterString(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 1); at !== -1; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json.charCodeAt(at - 1 - slashes) === backslash) {
      slashes++;
    }
    if (slashes % 2 === 0) {
      return at + 1;
    }
  }
  return json.length;
}

/** The place after a value that begins at `from`; in a text that is not JSON the place where it may end. */
export function afterValue(json: string, from: number): number {
  const first = json.charCodeAt(from);
  if (first === quote) {
    return afterString(json, from);
  }
  return first === openObject || first === openList ? afterNested(json, from) : afterLiteral(json, from);
}

/** The place after an object or a list. */
function afterNested(json: string, from: number): number {
  let level = 0;
  let at = from;
  while (at < json.length) {
    const unit = json.charCodeAt(at);
    if (unit === quote) {
      at = afterString(json, at);
      continue;
    }
    at++;
    if (unit === openObject || unit === openList) {
      level++;
    } else if (unit === closeObject || unit === closeList) {
      level--;
      if (level === 0) {
        return at;
      }
    }
  }
  return at;
}

/** The place after a number, true, false or null. */
function afterLiteral(json: string, from: number): number {
  let at = from;
  while (at < json.length) {
    const unit = json.charCodeAt(at);
    if (unit === comma || unit === closeObject || unit === closeList || unit <= space) {
      break;
    }
    at++;
  }
  return at;
}
