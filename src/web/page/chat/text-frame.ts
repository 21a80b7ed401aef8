import * as v from "valibot";

/**
 * What our page sends as a text frame: JSON `{"name": "Ann", "text": "Hello"}`. The plain protocol prescribes nothing, so
 * whatever else comes in is shown as it is, by someone; a page of one's own may use this form to have a name, or not.
 */
export interface ChatText {
  /** Who says it, unproven; "" is someone. */
  readonly name: string;
  readonly text: string;
}

/** Characters of a name; a longer one is cut. */
const nameCharactersMax = 60;
/** The largest text frame that the server takes by default, in bytes (`plain.text_size_limit`). */
const frameBytesMax = 65_536;

const schema = v.object({ name: v.optional(v.string(), ""), text: v.string() });

/** Reads any text frame; never fails. */
export function readTextFrame(frame: string): ChatText {
  let parsed: unknown;
  try {
    parsed = JSON.parse(frame);
  } catch {
    return { name: "", text: frame };
  }
  const result = v.safeParse(schema, parsed);
  return result.success ? { ...result.output, name: cutName(result.output.name) } : { name: "", text: frame };
}

/** The frame for a text; null where it would be larger than the server takes. */
export function writeTextFrame({ name, text }: ChatText): string | null {
  const frame = JSON.stringify({ name: cutName(name), text });
  return new TextEncoder().encode(frame).byteLength > frameBytesMax ? null : frame;
}

/** A name without white space around it, and cut to what fits on the page. */
export function cutName(name: string): string {
  return [...name.trim()].slice(0, nameCharactersMax).join("");
}
