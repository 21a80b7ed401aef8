import { payloadSize } from "./payload.ts";
import type { ClientInfo, Publication } from "./publication.ts";

/** Names of members and punctuation: `{}`, and `"":"",` for each tag. */
const tagsBytes = 1;
const tagBytes = 6;

/**
 * How many bytes a publication counts for in limits: those of its data, its tags and its publisher. For strings they are
 * UTF-16 units, as `payloadSize` counts them.
 */
export function publicationSize({ data, tags, info }: Pick<Publication, "data" | "tags" | "info">): number {
  const size = payloadSize(data);
  // Most have neither.
  if (tags === undefined && info === undefined) return size;
  return size + (tags ? tagsSize(tags) : 0) + (info ? infoSize(info) : 0);
}

/** The same of several. */
export function publicationsSize(publications: readonly Publication[]): number {
  return publications.reduce((sum, publication) => sum + publicationSize(publication), 0);
}

/** Bytes of the offset, the names of members and the punctuation of a publication in a frame. */
const envelopeBytes = 64;

/** About how many bytes of a frame publications are: small ones are mostly what is around their data. */
export function framedSize(publications: readonly Publication[]): number {
  return publicationsSize(publications) + envelopeBytes * publications.length;
}

function tagsSize(tags: Readonly<Record<string, string>>): number {
  let size = tagsBytes;
  for (const key in tags) size += tagBytes + key.length + (tags[key]?.length ?? 0);
  return size;
}

function infoSize({ user, client, connInfo = "", chanInfo = "" }: ClientInfo): number {
  return user.length + client.length + connInfo.length + chanInfo.length;
}
