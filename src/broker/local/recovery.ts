import { errors } from "../../core/errors.ts";
import type { Position, Publication } from "../../core/publication.ts";
import { publicationSize } from "../../core/publication-size.ts";
import type { HistoryFilter, HistoryOutcome, Joined, Since } from "../broker.ts";
import type { Stream } from "./store.ts";

const none: readonly Publication[] = [];

/** What a joiner receives of the stream: everything that it missed, with the proof, or nothing. */
export function recover(stream: Stream, since: Since | null): Joined {
  const position = positionOf(stream);
  const missed = since === null ? null : missedSince(stream, since);
  if (missed === null) return { position, publications: none, recovered: false };
  const [top] = since?.wantsTop && missed.length === 0 ? latestKept(stream) : none;
  return { position, publications: missed, recovered: true, ...(top && { top }) };
}

function latestKept(stream: Stream): readonly Publication[] {
  return (stream.first <= stream.top && stream.read(stream.top, stream.top, Number.POSITIVE_INFINITY)) || none;
}

/** The page of history that was asked for. */
export function page(stream: Stream, filter: HistoryFilter): HistoryOutcome {
  const position = positionOf(stream);
  const { since } = filter;
  if (since !== null && !sameEpoch(stream, since.epoch)) return { ok: false, error: errors.unrecoverablePosition };
  const [from, to] = filter.reverse ? backward(stream, filter) : forward(stream, filter);
  if (from > to) return { ok: true, value: { publications: none, position } };
  const { bytesMax = Number.POSITIVE_INFINITY, reverse } = filter;
  const publications = stream.readUpTo(from, to, { bytesMax, reverse });
  return { ok: true, value: { publications, position } };
}

function positionOf(stream: Stream): Position {
  return { offset: stream.top, epoch: stream.epoch };
}

function missedSince(stream: Stream, since: Since): readonly Publication[] | null {
  return since.mode === "cache" ? latest(stream, since) : tail(stream, since);
}

/** All that came after the position; null where it cannot be proven that it is all. */
function tail(stream: Stream, since: Since): readonly Publication[] | null {
  const { offset, epoch } = since.position;
  if (!sameEpoch(stream, epoch) || offset > stream.top) return null;
  const missed = stream.top - offset;
  if (missed === 0) return none;
  if (offset + 1 < stream.first || missed > since.publicationsMax) return null;
  return stream.read(offset + 1, stream.top, since.bytesMax);
}

/** The latest publication alone, for channels whose last word is all that counts; nothing for a client that has it. */
function latest(stream: Stream, since: Since): readonly Publication[] | null {
  const { position, bytesMax, filter } = since;
  const upToDate = position.offset > 0 && position.offset === stream.top && position.epoch === stream.epoch;
  if (upToDate) return none;
  if (stream.first > stream.top) return null;
  return filter ? latestOf(stream, since, filter) : stream.read(stream.top, stream.top, bytesMax);
}

/** The latest publication that a filter accepts. */
function latestOf(stream: Stream, since: Since, filter: NonNullable<Since["filter"]>): readonly Publication[] | null {
  const { publicationsMax, bytesMax } = since;
  const from = Math.max(stream.first, stream.top - publicationsMax + 1);
  const found = stream
    .readUpTo(from, stream.top, { bytesMax, reverse: true })
    .find((publication) => filter.matches(publication));
  return found && publicationSize(found) <= bytesMax ? [found] : null;
}

/** A client that names no epoch has none to compare: Centrifugo takes it at its word, and so do the recordings of it. */
function sameEpoch(stream: Stream, epoch: string): boolean {
  return epoch === "" || epoch === stream.epoch;
}

/** A position that has fallen out of the history is no error here: what is left is the answer. */
function forward(stream: Stream, { since, limit }: HistoryFilter): [from: number, to: number] {
  const from = since === null ? stream.first : Math.max(since.offset + 1, stream.first);
  return [from, limit < 0 ? stream.top : Math.min(from + limit - 1, stream.top)];
}

/** Backwards the start has to be kept: there is nothing before what has fallen out. */
function backward(stream: Stream, { since, limit }: HistoryFilter): [from: number, to: number] {
  const to = since === null ? stream.top : since.offset - 1;
  if (to > stream.top) return [1, 0];
  return [limit < 0 ? stream.first : Math.max(to - limit + 1, stream.first), to];
}
