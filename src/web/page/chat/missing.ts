import { encodingTag } from "../../../core/payload.ts";
import { type Published, publicationWords } from "../channels/publication-words.ts";

/**
 * The end of a history that is not in the log: what follows the longest beginning of the history with which the log ends.
 * Nothing, where the two have nothing in common, because messages would appear twice.
 */
export function missing(said: readonly string[], history: readonly Published[]): readonly Published[] {
  if (said.length === 0) return history;
  const contents = history.map(contentOf);
  for (let length = Math.min(said.length, contents.length); length > 0; length -= 1) {
    const end = said.slice(-length);
    if (end.every((content, at) => content === contents[at])) return history.slice(length);
  }
  return [];
}

function contentOf(publication: Published): string {
  const bytes = bytesOf(publication);
  if (bytes !== null) return contentOfBytes(bytes);
  return typeof publication.data === "string" ? publication.data : publicationWords(publication).text;
}

/** A binary frame is known by its beginning, which holds the file's name. */
export function contentOfBytes(bytes: Uint8Array): string {
  return `${bytes.byteLength} bytes: ${bytes.subarray(0, 256).join(" ")}`;
}

/** The bytes that a plain client published; null where it published a text, or a back end JSON. */
export function bytesOf({ data, tags }: Published): Uint8Array<ArrayBuffer> | null {
  if (typeof data !== "string" || tags?.[encodingTag] !== "base64") return null;
  try {
    return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
