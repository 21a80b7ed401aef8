import type { HistoryFilter } from "../broker/broker.ts";
import { errors } from "../core/errors.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import type { Publication } from "../core/publication.ts";
import { publicationsSize } from "../core/publication-size.ts";
import type { HistoryPage } from "../core/reply.ts";
import { type Result, refuse } from "../core/result.ts";
import { type Slices, sliceBytes } from "../core/slices.ts";

/** How a history is read. */
interface HistoryReading {
  readonly slices: Slices;
  /** Bytes of data at the most. */
  readonly bytesMax: number;
  /** Reads a part of it. */
  read(filter: HistoryFilter): MaybePromise<Result<HistoryPage>>;
}

/**
 * Reads a history in parts of at most 1 MiB; a short one is read at once. Others may publish between two parts: the
 * offsets of the result have no gap all the same.
 */
export function readHistory(filter: HistoryFilter, reading: HistoryReading): MaybePromise<Result<HistoryPage>> {
  const first = { ...filter, bytesMax: sliceBytes };
  return then(reading.read(first), (page) =>
    page.ok && hasMore(page.value, filter, page.value.publications) ? readOn(filter, page.value, reading) : page,
  );
}

async function readOn(
  { limit, reverse, account }: HistoryFilter,
  first: HistoryPage,
  { read, slices, bytesMax }: HistoryReading,
): Promise<Result<HistoryPage>> {
  const slice = slices.begin();
  let { publications, position } = first;
  for (let part = first; hasMore(part, { limit, reverse }, publications); ) {
    if (publicationsSize(publications) > bytesMax) return refuse(errors.limitExceeded);
    if (slice.isOver(publicationsSize(part.publications))) await slice.pause();
    const since = { offset: publications.at(-1)?.offset ?? 0, epoch: position.epoch };
    const next = await read({
      since,
      limit: limit - publications.length,
      reverse,
      bytesMax: sliceBytes,
      ...(account && { account }),
    });
    // The stream was replaced meanwhile: what was read before belongs to another one.
    if (!next.ok) return next.error.code === errors.unrecoverablePosition.code ? refuse(errors.internal) : next;
    part = next.value;
    ({ position } = part);
    publications = reverse ? [...publications, ...part.publications] : continued(publications, part.publications);
  }
  return { ok: true, value: { publications, position } };
}

/** Both parts, or the later one alone where publications between them have left the history meanwhile. */
function continued(earlier: readonly Publication[], later: readonly Publication[]): readonly Publication[] {
  const [next] = later;
  const isCut = next !== undefined && next.offset !== (earlier.at(-1)?.offset ?? 0) + 1;
  return isCut ? later : [...earlier, ...later];
}

/** Whether the history may have more than its parts up to `part`. */
function hasMore(
  { publications: found, position }: HistoryPage,
  { limit, reverse }: Pick<HistoryFilter, "limit" | "reverse">,
  publications: readonly Publication[],
): boolean {
  const last = found.at(-1);
  if (!last || publications.length >= limit) return false;
  return reverse ? last.offset > 1 : last.offset < position.offset;
}
