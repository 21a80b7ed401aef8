import { encodingTag } from "../../../core/payload.ts";
import { type ChatText, readTextFrame } from "../chat/text-frame.ts";
import { sizeWords } from "../words.ts";

/** What is read of a publication, whoever published it. */
export interface Published {
  /** Any JSON value. */
  readonly data: unknown;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/**
 * A publication in words: a plain client's text (ours names its sender) as text, its bytes by their size, and any other
 * JSON as JSON.
 */
export function publicationWords({ data, tags }: Published): ChatText {
  // The types say that JSON.stringify returns a string; for undefined it does not.
  if (typeof data !== "string") return readTextFrame(data === undefined ? "" : JSON.stringify(data));
  if (tags?.[encodingTag] === "base64") return { name: "", text: `Bytes: ${sizeWords(base64Bytes(data))}` };
  return readTextFrame(data);
}

/** How many bytes a base64 string encodes (RFC 4648 4). */
function base64Bytes(text: string): number {
  return Math.floor((text.replace(/=+$/, "").length * 3) / 4);
}

/** What a person typed as the data of a publication: a JSON object or array where it is one, otherwise a string. */
export function readDraft(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
