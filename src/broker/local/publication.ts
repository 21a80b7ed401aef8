import type { Publication } from "../../core/publication.ts";
import type { Draft } from "../broker.ts";

/** The publication that a draft becomes. Absent fields stay absent, and there is nothing to copy: it is one small object. */
export function publicationOf(draft: Draft, offset: number, epoch: string): Publication {
  const { data, info, tags, version } = draft;
  if (version) return { ...publicationOf({ ...draft, version: 0 }, offset, epoch), version };
  if (tags === undefined) return info === undefined ? { data, offset, epoch } : { data, offset, epoch, info };
  return info === undefined ? { data, offset, epoch, tags } : { data, offset, epoch, info, tags };
}
