import { encodingTag, type Payload, payloadToBytes, stringIn } from "../../../core/payload.ts";
import type { ClientInfo, Publication } from "../../../core/publication.ts";
import { createPatches } from "../patches.ts";
import { MessageWriter } from "./message-writer.ts";

/** A publication as the push that all subscribers of this encoding receive. The hot path: once for a publication. */
export function encodePublicationPush(channel: string, publication: Publication): Uint8Array {
  return pushFrame(new MessageWriter().text(2, channel).message(4, publicationMessage(publication)));
}

/** A message to one client that belongs to no channel. */
export function encodeMessagePush(data: Payload): Uint8Array {
  return pushFrame(new MessageWriter().message(8, new MessageWriter().bytes(1, payloadToBytes(data))));
}

/** A push in the reply that carries it, as a frame. */
export function pushFrame(push: MessageWriter): Uint8Array {
  return new MessageWriter().message(4, push).frame();
}

/** A publication in pushes, histories and recoveries. The epoch is on the first publication of a stream alone. */
export function publicationMessage(publication: Publication): MessageWriter {
  const { data, info, offset, epoch, tags = {}, version = 0, delta } = publication;
  const bytes = taggedBytes(data, tags);
  const patch = delta ? patchOf(delta) : null;
  const message = new MessageWriter().bytes(4, patch ?? bytes ?? payloadToBytes(data));
  if (info !== undefined) message.message(5, infoMessage(info));
  message.number(6, offset);
  for (const [name, value] of Object.entries(tags)) {
    if (bytes === null || name !== encodingTag) message.message(7, new MessageWriter().text(1, name).text(2, value));
  }
  message.flag(8, patch !== null);
  if (offset === 1) message.text(14, epoch);
  // As recorded: a publication that follows another one among deltas has no version, also where it is sent whole.
  return delta?.base ? message : message.number(16, version);
}

const patchOf = createPatches(({ data, tags = {} }) => taggedBytes(data, tags) ?? payloadToBytes(data));

/** The bytes that a stored publication holds as base64, with the tag that says so; null for all other data. */
function taggedBytes(data: Payload, tags: Readonly<Record<string, string>>): Uint8Array | null {
  if (tags[encodingTag] !== "base64" || data.kind !== "json") return null;
  const text = stringIn(data.json);
  return text === null ? null : Buffer.from(text, "base64");
}

/** Who a connection is, as others see it. */
export function infoMessage({ user, client, connInfo, chanInfo }: ClientInfo): MessageWriter {
  return new MessageWriter().text(1, user).text(2, client).text(3, connInfo).text(4, chanInfo);
}
