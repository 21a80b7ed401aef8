import type { Publication } from "../../core/publication.ts";
import { publicationSize } from "../../core/publication-size.ts";

/** What one publication takes beside its bytes, in memory or in a file (112 bytes measured on Bun 1.4.5). */
export const keptBytes = 128;
/** The same of each of its tags, where every publication has other names for them (113 bytes). */
const tagBytes = 112;

/** How many bytes of a store a publication counts for. */
export function keptSize(publication: Pick<Publication, "data" | "tags" | "info">): number {
  const { tags } = publication;
  return keptBytes + publicationSize(publication) + (tags === undefined ? 0 : tagBytes * Object.keys(tags).length);
}
