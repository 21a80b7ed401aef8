/**
 * How a file travels: one binary frame `[u16 little-endian length of the name][name in UTF-8][the file's bytes]`. Every
 * page that reads and writes this can exchange files with ours over the bare WebSocket.
 */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The largest frame that the server takes by default, in bytes (`plain.binary_size_limit`). */
export const frameBytesMax = 16 * 1024 * 1024;

/** Bytes that hold the length of the name. */
const lengthBytes = 2;
/** The longest name that its length field can hold, in bytes. */
const nameBytesMax = 0xffff;

/** How many bytes of content fit into one frame beside this name. */
export function contentBytesMax(name: string): number {
  return frameBytesMax - lengthBytes - encodeName(name).byteLength;
}

export function writeFileFrame({ name, bytes }: NamedFile): Uint8Array<ArrayBuffer> {
  const encodedName = encodeName(name);
  const frame = new Uint8Array(lengthBytes + encodedName.byteLength + bytes.byteLength);
  new DataView(frame.buffer).setUint16(0, encodedName.byteLength, true);
  frame.set(encodedName, lengthBytes);
  frame.set(bytes, lengthBytes + encodedName.byteLength);
  return frame;
}

/** The file in a binary frame; null where the frame is shaped in another way, which any client is free to send. */
export function readFileFrame(frame: ArrayBuffer): NamedFile | null {
  if (frame.byteLength < lengthBytes) return null;
  const contentStart = lengthBytes + new DataView(frame).getUint16(0, true);
  if (contentStart > frame.byteLength) return null;
  try {
    const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      new Uint8Array(frame, lengthBytes, contentStart - lengthBytes),
    );
    return { name, bytes: new Uint8Array(frame, contentStart) };
  } catch {
    return null;
  }
}

/** The name in UTF-8, cut at the end of a character where it is longer than its length field can hold. */
function encodeName(name: string): Uint8Array {
  const encoded = new TextEncoder().encode(name);
  if (encoded.byteLength <= nameBytesMax) return encoded;
  let end = nameBytesMax;
  // Bytes 10xxxxxx continue a character.
  while (((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return encoded.subarray(0, end);
}
