/** More values than this are not a list that a person has written. */
export const listedMax = 1_000;

const advice = 'name each value: "(?P<tenant>acme|globex)"';

/** What a value may have in it without meaning something else in a pattern. */
const plain = /^[^\\.[\](){}*+?^$|]$/;
const punctuation = /^[!-/:-@[-`{-~ ]$/;

/**
 * The values that a named group of a pattern can have, where it lists them; null where the pattern has no such group.
 * Throws with a sentence where the group could have any others: what a token claims is not to become part of an address
 * unless the configuration has written it out.
 */
export function listedValues(pattern: string, name: string): readonly string[] | null {
  const tokens: readonly string[] = pattern.match(/\\[\s\S]|[\s\S]/gu) ?? [];
  // As in Centrifugo: what hides a parenthesis from one who looks for the group is not taken at all.
  if (tokens.includes("[") || tokens.includes("\\Q")) throw new Error(`classes and \\Q are not taken here: ${advice}`);
  const heads = [`(?P<${name}>`, `(?<${name}>`];
  for (let at = 0; at < tokens.length; at++) {
    const head = tokens.slice(at, at + name.length + 5).join("");
    const found = heads.find((each) => head.startsWith(each));
    if (found !== undefined) return new ListReader(tokens, at + [...found].length).list();
  }
  return null;
}

/** Reads a group as a list of texts: alternatives, and groups of alternatives in them. */
class ListReader {
  readonly #tokens: readonly string[];
  #at: number;

  constructor(tokens: readonly string[], at: number) {
    this.#tokens = tokens;
    this.#at = at;
  }

  list(): readonly string[] {
    const values = [...this.#sequence()];
    while (this.#take("|")) values.push(...this.#sequence());
    if (!this.#take(")")) throw new Error(`this can have any number of values: ${advice}`);
    return [...new Set(values)];
  }

  #sequence(): readonly string[] {
    let values: readonly string[] = [""];
    for (let next = this.#part(); next !== null; next = this.#part()) {
      const ends = next;
      values = values.flatMap((value) => ends.map((end) => value + end));
      if (values.length > listedMax) throw new Error(`more than ${listedMax} values`);
    }
    return values;
  }

  /** The texts of the next part; null where there is none that could be read. */
  #part(): readonly string[] | null {
    const token = this.#tokens[this.#at] ?? "";
    if (token === "(") return this.#group();
    const text = token.length > 1 && token.startsWith("\\") ? token.slice(1) : token;
    if (!(text === token ? plain : punctuation).test(text)) return null;
    this.#at++;
    return [text];
  }

  #group(): readonly string[] | null {
    const head = /^\((?:\?:|\?P?<\w+>)?(?!\?)/.exec(this.#tokens.slice(this.#at, this.#at + 64).join(""))?.[0];
    if (head === undefined) return null;
    this.#at += head.length;
    return this.list();
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}
