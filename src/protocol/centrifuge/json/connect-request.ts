import type { Command } from "../../../core/command.ts";
import type { Frame } from "../../../core/frame.ts";
import { afterValue, skipSpace } from "../../../core/json.ts";
import { decodeLine } from "./decode.ts";
import { toText } from "./frame.ts";

/**
 * Reads the one message of a unidirectional client, a connect request, as a connect command; null where it is malformed.
 * As recorded: `null` is an empty request, and what follows the object is ignored. Never throws.
 */
export function decodeConnectRequest(frame: Frame): Command | null {
  const text = typeof frame === "string" ? frame : toText(frame);
  if (text === null) return null;
  const start = skipSpace(text, 0);
  const value = text.slice(start, afterValue(text, start));
  const line = `{"id":1,"connect":${value === "null" ? "{}" : value}}`;
  return value.startsWith("{") || value === "null" ? decodeLine(line, line) : null;
}
