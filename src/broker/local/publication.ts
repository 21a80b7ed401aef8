import type { Publication } from "../../core/publication.ts";
import type { Draft } from "../broker.ts";

/** The publication that a draft becomes. Absent fields stay absent, and there is nothing to copy: it is one small object. */
export function publicationOf(draft: Draft, offset: number, epoch: string, isFirstKept = false): Publication {
  const { data, info, tags, version, asDelta } = draft;
  if (version || asDelta || isFirstKept) {
    const plain = publicationOf({ channel: draft.channel, data, exclude: null, history: null }, offset, epoch);
    return {
      ...plain,
      ...(info && { info }),
      ...(tags && { tags }),
      ...(version && { version }),
      ...(asDelta && { asDelta }),
      ...(isFirstKept && { isFirstKept }),
    };
  }
  if (tags === undefined) return info === undefined ? { data, offset, epoch } : { data, offset, epoch, info };
  return info === undefined ? { data, offset, epoch, tags } : { data, offset, epoch, info, tags };
}
