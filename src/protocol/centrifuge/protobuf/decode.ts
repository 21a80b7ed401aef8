import type { Command } from "../../../core/command.ts";
import { type Payload, payloadOfBytes } from "../../../core/payload.ts";
import { hasData, methodOf, toCommand } from "../commands.ts";
import type { Fields } from "../schema.ts";
import { command, type Message } from "./messages.ts";
import { readMessage } from "./reader.ts";

/** One message of a frame as a command, or null where it is malformed. Never throws. */
export function decodeMessage(bytes: Uint8Array): Command | null {
  const fields = tryRead(bytes, command);
  if (fields === null) return null;
  const method = methodOf(fields);
  if (!hasData(fields, method)) return toCommand(fields, method, null);
  const payload = payloadIn(fields[method]);
  return payload && toCommand(fields, method, payload);
}

/** A message, or null where the bytes are not one. */
export function tryRead(bytes: Uint8Array, message: Message): Fields | null {
  try {
    return readMessage(bytes, message);
  } catch {
    return null;
  }
}

/** The payload of a request; null where it is JSON of too many levels. Its bytes are copied: the frame that holds them is not kept. */
function payloadIn(request: unknown): Payload | null {
  const { data } = request as { readonly data?: unknown };
  return data instanceof Uint8Array ? payloadOfBytes(Uint8Array.from(data)) : null;
}
