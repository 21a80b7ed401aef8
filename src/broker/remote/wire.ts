import { type InferOutput, literal, number, object, optional, parse, picklist, record, string } from "valibot";
import { payloadOfText, textOfPayload } from "../../core/payload-text.ts";
import type { ClientInfo, Publication } from "../../core/publication.ts";
import type { PresencePush } from "../../core/reply.ts";
import type { Draft } from "../broker.ts";
import { clientInfo, decodeInfo, encodeInfo } from "./client-info.ts";
import type { Message } from "./engine.ts";

/** Messages of one node to the others in a channel. */
export type Told =
  | {
      readonly type: "publication";
      /** Of the node and the publish: no two have the same. "" where it was not kept. */
      readonly id: string;
      readonly publication: Publication;
      /** The connection that does not receive it; "" for none. */
      readonly excludeClient: string;
    }
  /** The history of the channel was removed. */
  | { readonly type: "removed" }
  /** A client of some node was entered, or has left. */
  | { readonly type: "join" | "leave"; readonly info: ClientInfo };

/** Version 0 of a join or a leave. */
const zerothPresence = object({ info: clientInfo });

/** The head before a payload that is not plain JSON from a back end. */
const header = object({
  /** The kind of the payload where it is not JSON. */
  k: optional(picklist(["text", "binary"])),
  /** Who published. */
  i: optional(clientInfo),
  /** Tags. */
  t: optional(record(string(), string())),
  /** The version that the back end gave it. */
  v: optional(number()),
  /** 1 where it is sent as a patch. */
  p: optional(literal(1)),
  /** The connection that does not receive it. */
  x: optional(string()),
});

type Header = InferOutput<typeof header>;

/** The position of a publication, by its engine. */
type Place = Omit<Message, "body">;

/** Version 0: all in one JSON text, the payload as a string. */
const zeroth = object({ ...header.entries, id: string(), d: string() });

/** The first letter of a body: the version of its form. A node reads its own version and the one before. */
const version = "1";

/** What `remove` publishes. */
export const removedNotice = `${version}\n\n`;

/** The message of a draft, or of a publication that was kept. */
type Encoded = Pick<Draft, "data"> & Partial<Draft>;

/**
 * A draft as one string: `1`, id, line feed, header, line feed, payload. The payload is never parsed again. The id is ""
 * where an engine that cannot fork has not kept it.
 */
export function encodeDraft(
  { data, info, tags, version: dataVersion, asDelta, excludeClient }: Encoded,
  id: string,
): string {
  const head: Header = {
    ...(data.kind !== "json" && { k: data.kind }),
    ...(info !== undefined && { i: info }),
    ...(tags !== undefined && { t: tags }),
    ...(dataVersion && Number.isFinite(dataVersion) && { v: dataVersion }),
    ...(asDelta && { p: 1 }),
    ...(excludeClient !== undefined && { x: excludeClient }),
  };
  const isPlain = Object.keys(head).length === 0;
  return `${version}${id}\n${isPlain ? "" : JSON.stringify(head)}\n${textOfPayload(data)}`;
}

/** The id of a body; "" where it has none. */
export function idOf(body: string): string {
  return body.startsWith(version) ? body.slice(1, Math.max(1, body.indexOf("\n"))) : "";
}

/** What a body says; null where its version is not known here, or it is damaged. */
export function decodeBody(body: string, place: Place): Told | null {
  try {
    if (body === removedNotice) return { type: "removed" };
    if (body.startsWith(version)) return decodeFirst(body, place);
    if (body.startsWith("0")) return decodeZeroth(body, place);
    return decodePresence(body);
  } catch {
    return null;
  }
}

/** A join is `j`, a leave is `l`; then the version, and for version 1 the info. */
function decodePresence(body: string): Told | null {
  const type = body.startsWith("j") ? "join" : body.startsWith("l") ? "leave" : null;
  if (type === null) return null;
  if (body.startsWith(version, 1)) return { type, info: decodeInfo(body.slice(2)) };
  return body.startsWith("0", 1) ? { type, info: parse(zerothPresence, JSON.parse(body.slice(2))).info } : null;
}

/** A join or a leave as one string. */
export function encodePresence({ type, info: client }: PresencePush): string {
  return `${type === "join" ? "j" : "l"}${version}${encodeInfo(client)}`;
}

function decodeFirst(body: string, place: Place): Told | null {
  const idEnd = body.indexOf("\n");
  const headerEnd = body.indexOf("\n", idEnd + 1);
  if (idEnd < 0 || headerEnd < 0) return null;
  const id = body.slice(1, idEnd);
  const head = body.slice(idEnd + 1, headerEnd);
  return toldOf(id, head === "" ? {} : parse(header, JSON.parse(head)), body.slice(headerEnd + 1), place);
}

function decodeZeroth(body: string, place: Place): Told {
  const { id, d, ...head } = parse(zeroth, JSON.parse(body.slice(1)));
  return toldOf(id, head, d, place);
}

function toldOf(id: string, { k, i, t, v, p, x = "" }: Header, text: string, place: Place): Told {
  const { offset, epoch, isFirstKept } = place;
  // Assigned one by one: spreading what is absent takes longer than all else here.
  const publication: { -readonly [Key in keyof Publication]: Publication[Key] } = {
    data: payloadOfText(k ?? "json", text),
    offset,
    epoch,
  };
  if (i) publication.info = i;
  if (t) publication.tags = t;
  if (v !== undefined) publication.version = v;
  if (p) publication.asDelta = true;
  if (isFirstKept) publication.isFirstKept = true;
  return { type: "publication", id, publication, excludeClient: x };
}
