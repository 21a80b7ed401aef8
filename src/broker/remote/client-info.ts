import { type InferOutput, object, optional, parse, pipe, string, transform } from "valibot";
import type { ClientInfo } from "../../core/publication.ts";

const fields = object({
  user: string(),
  client: string(),
  connInfo: optional(string()),
  chanInfo: optional(string()),
});

/** A client as it is written to other nodes and processes. */
export const clientInfo = pipe(fields, transform(infoOf));

/** A client as one line of text. */
export function encodeInfo(client: ClientInfo): string {
  return JSON.stringify(infoOf(client));
}

/** Throws where it is damaged. */
export function decodeInfo(text: string): ClientInfo {
  return parse(clientInfo, JSON.parse(text));
}

/** The fields of a client alone: what is given may be a larger object. */
export function infoOf({ user, client, connInfo, chanInfo }: InferOutput<typeof fields> | ClientInfo): ClientInfo {
  return { user, client, ...(connInfo !== undefined && { connInfo }), ...(chanInfo !== undefined && { chanInfo }) };
}
