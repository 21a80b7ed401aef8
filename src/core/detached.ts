/** A part may keep twice its own length in memory, and so many characters more, before it is copied: stores count as many. */
const spareMax = 128;

/**
 * A part of a text that may be kept: a copy where the whole is much longer, because a substring keeps the text that it
 * was cut from in memory (Bun 1.4.5: 2,000 parts of 32 characters kept 131 MB). 145 ns for a copy of 200 characters.
 */
export function detached(part: string, whole: string): string {
  return whole.length > 2 * part.length + spareMax ? structuredClone(part) : part;
}
