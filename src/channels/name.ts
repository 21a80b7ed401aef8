/**
 * Whether a name is Unicode text without lone surrogates. Names that are not would be taken for one another wherever
 * they are written as UTF-8: in topics of the runtime, in files, on the wire.
 */
export function isWellFormedName(name: string): boolean {
  return name.isWellFormed();
}

/** Whether a name takes more bytes than allowed (0: any number); most are short enough for any text of their length. */
export function isTooLongName(name: string, bytesMax: number): boolean {
  return bytesMax > 0 && (name.length > bytesMax || (name.length * 3 > bytesMax && Buffer.byteLength(name) > bytesMax));
}
