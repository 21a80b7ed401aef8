import type { Command } from "../../../core/command.ts";
import type { Frame } from "../../../core/frame.ts";
import type { Decoded } from "../../protocol.ts";
import { decodeMessage } from "./decode.ts";

/** Bytes of a length at the most: a varint of 64 bits. */
const lengthBytesMax = 10;

/**
 * Reads a frame: messages, each with its length before it as a varint. A message that is malformed, or announces more
 * bytes than the frame has, ends the reading; the commands before it are returned. Nothing is allocated by an announced
 * length. A text frame is read as the bytes that it is.
 */
export function decodeFrame(frame: Frame, commandsMax: number): Decoded {
  const bytes = typeof frame === "string" ? Buffer.from(frame) : frame;
  const commands: Command[] = [];
  let at = 0;
  do {
    const extent = commands.length < commandsMax ? nextMessage(bytes, at) : null;
    const command = extent && decodeMessage(bytes.subarray(extent.start, extent.end));
    if (!extent || !command) return { commands, malformed: true };
    commands.push(command);
    at = extent.end;
  } while (at < bytes.length);
  return { commands, malformed: false };
}

/** The place of the next message; null where its length cannot be read or is beyond the end. */
function nextMessage(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } | null {
  let length = 0;
  for (let index = 0; index < lengthBytesMax; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) {
      const start = at + index + 1;
      return start + length <= bytes.length ? { start, end: start + length } : null;
    }
  }
  return null;
}
