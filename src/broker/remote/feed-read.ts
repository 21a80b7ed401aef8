import type { FeedRange, FeedRead } from "./arrival.ts";
import type { StreamRead } from "./engine.ts";
import { decodeBody } from "./wire.ts";

/** What the engine has read, as the feed takes it: oldest first, without entries that cannot be read, which are counted. */
export function feedReadOf(
  { epoch, top, ttl, entries }: StreamRead,
  range: FeedRange,
  counts: { unreadable: number },
): FeedRead {
  const ascending = range.limit === null ? entries : entries.toReversed();
  const arrivals = ascending.flatMap(({ offset, body }) => {
    const told = decodeBody(body, { offset, epoch });
    if (told?.type === "publication") return [told];
    counts.unreadable += 1;
    return [];
  });
  const isCut = range.limit !== null && entries.length === range.limit;
  const asked = range.epoch === "" || range.epoch === epoch ? range.from : 1;
  return { epoch, offset: top, ttl, arrivals, floor: isCut ? (arrivals[0]?.publication.offset ?? top + 1) : asked };
}
