import { text } from "../fields.ts";
import { tryRead } from "./decode.ts";
import { emulation } from "./messages.ts";

/** The body of a POST to `/emulation`; null where it is malformed. `data` is null where the body has none. */
export function readEmulation(body: Uint8Array) {
  const fields = tryRead(body, emulation);
  if (fields === null) return null;
  const { data } = fields;
  return {
    session: text(fields, "session"),
    node: text(fields, "node"),
    data: data instanceof Uint8Array ? data : null,
  };
}
