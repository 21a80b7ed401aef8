import { errors } from "../../core/errors.ts";
import type { Publication } from "../../core/publication.ts";
import { publicationSize } from "../../core/publication-size.ts";
import type { HistoryFilter, HistoryOutcome } from "../broker.ts";
import type { Range, StreamRead } from "./engine.ts";
import { decodeBody } from "./wire.ts";

/** What is read for a page of history. */
export function rangeOf({ limit, since, reverse }: HistoryFilter): Range {
  const from = since === null || reverse ? 1 : since.offset + 1;
  const to = since === null || !reverse ? null : since.offset - 1;
  return { epoch: "", from, to, limit: limit < 0 ? null : limit, reverse };
}

/** The page of what was read. */
export function pageOf(read: StreamRead, { since, reverse, bytesMax }: HistoryFilter): HistoryOutcome {
  const position = { offset: read.top, epoch: read.epoch };
  if (since !== null && since.epoch !== "" && since.epoch !== read.epoch) {
    return { ok: false, error: errors.unrecoverablePosition };
  }
  const isBeyond = reverse && since !== null && since.offset - 1 > read.top;
  const publications = isBeyond ? [] : publicationsOf(read, bytesMax ?? Number.POSITIVE_INFINITY);
  return { ok: true, value: { publications, position } };
}

/** As many as have no more than `bytesMax` bytes together, but at least one. */
function publicationsOf({ entries, epoch }: StreamRead, bytesMax: number): Publication[] {
  const publications: Publication[] = [];
  let bytes = 0;
  for (const { offset, body } of entries) {
    const told = decodeBody(body, { offset, epoch });
    if (told?.type !== "publication") continue;
    bytes += publicationSize(told.publication);
    if (bytes > bytesMax && publications.length > 0) break;
    publications.push(told.publication);
  }
  return publications;
}
