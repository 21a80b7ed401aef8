import type { Command } from "../../../core/command.ts";
import type { Frame } from "../../../core/frame.ts";
import type { Decoded } from "../../protocol.ts";
import { decodeLine } from "./decode.ts";

const nothing: Decoded = { commands: [], malformed: true };

/**
 * Reads a frame: commands, one a line. A line that is none ends the reading, with the commands before it returned: also
 * an empty line, but not the end of the last one. What comes after `commandsMax` commands is not even split.
 */
export function decodeFrame(frame: Frame, commandsMax: number): Decoded {
  const text = typeof frame === "string" ? frame : toText(frame);
  if (text === null || text === "") {
    return nothing;
  }
  const commands: Command[] = [];
  let from = 0;
  while (from < text.length) {
    const newline = text.indexOf("\n", from);
    const end = newline === -1 ? text.length : newline;
    const command = commands.length < commandsMax ? decodeLine(text.slice(from, end), text) : null;
    if (command === null) {
      return { commands, malformed: true };
    }
    commands.push(command);
    from = end + 1;
  }
  return { commands, malformed: false };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a binary frame, or null where it is not UTF-8: JSON is nothing else (RFC 8259 8.1). */
export function toText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
