/** Characters of a name that are shown; more are of no use. */
const shownCharacters = 120;
/** Bytes of the longest name that every common file system takes, with room for the " (1)" that browsers add. */
const savedBytesMax = 200;

/** Controls (C0, DEL, C1), line separators, and the marks that turn the direction of the text around them (UAX #9). */
const invisible = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
/** What at least one common file system refuses or reads as a path. */
const notInNames = /["*/:<>?\\|]/g;
/** Names that Windows reads as devices, whatever follows the first dot. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/**
 * A sender's file name for people to read. A mark that would let `photo<RLO>gpj.exe` pass for `photoexe.jpg` is shown as
 * what it is, a foreign body; a very long name keeps its beginning and its end, where the extension is.
 */
export function shownName(name: string): string {
  const characters = [...name.toWellFormed().replace(invisible, "\ufffd")];
  if (characters.length === 0) return "a file without a name";
  if (characters.length <= shownCharacters) return characters.join("");
  const half = Math.floor(shownCharacters / 2);
  return `${characters.slice(0, half).join("")}…${characters.slice(-half).join("")}`;
}

/** The name under which a received file is offered for saving: one plain name, never a path, a device or a hidden file. */
export function savedName(name: string): string {
  const plain = name
    .toWellFormed()
    .replace(invisible, "_")
    .replace(notInNames, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  const safe = device.test(plain) ? `_${plain}` : plain;
  return safe === "" ? "file" : shorten(safe);
}

/** Cuts the stem, not the extension, at the end of a character. */
function shorten(name: string): string {
  const bytes = (text: string): number => new TextEncoder().encode(text).byteLength;
  if (bytes(name) <= savedBytesMax) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= 12 ? name.slice(dot) : "";
  const stem = [...name.slice(0, name.length - extension.length)];
  let room = savedBytesMax - bytes(extension);
  let kept = "";
  for (const character of stem) {
    room -= bytes(character);
    if (room < 0) break;
    kept += character;
  }
  return kept + extension;
}
