import type { HistoryOptions } from "../broker.ts";
import type { Entry } from "../remote/engine.ts";
import type { StreamRecord } from "./record.ts";
import type { StoredRecord } from "./stream-store.ts";

/** The position of a channel, by its last record. */
export interface Tail {
  /** Its number in the stream of all channels. */
  readonly seq: number;
  readonly epoch: string;
  readonly top: number;
  readonly generation: string;
  readonly version: number;
  readonly versionEpoch: string;
  /** When the last publication was stored that is still there; 0 for none. Unix milliseconds. */
  readonly keptAt: number;
  readonly storedAt: number;
}

/** What time and the servers' data say about a tail. */
export interface Present {
  readonly generation: string;
  /** Unix milliseconds. */
  readonly now: number;
}

export function tailOf({ head, bodies, seq, storedAt }: StoredRecord): Tail {
  const isKept = bodies.length > 0 && !head.x;
  return {
    seq,
    epoch: head.e,
    top: head.o,
    generation: head.g ?? "",
    version: head.v ?? 0,
    versionEpoch: head.w ?? "",
    keptAt: isKept ? storedAt : (head.t ?? 0),
    storedAt,
  };
}

/** The stream that goes on; null where the next record begins another one. */
export function standing(tail: Tail | null, { metaTtl }: HistoryOptions, present: Present): Tail | null {
  if (tail === null || tail.epoch === "" || tail.generation !== present.generation) return null;
  return present.now - tail.storedAt < metaTtl ? tail : null;
}

/** Milliseconds until all publications go; 0 and less where none is there. */
export function timeLeft(tail: Tail, { ttl }: HistoryOptions, { now }: Present): number {
  return tail.keptAt === 0 ? 0 : tail.keptAt + ttl - now;
}

/** The stream has had this version, or a later one. */
export function isOutdated({ version, versionEpoch }: Entry, tail: Tail | null): boolean {
  if (version === 0 || tail === null) return false;
  return (versionEpoch === "" || versionEpoch === tail.versionEpoch) && version <= tail.version;
}

/** The record of entries that follow the present ones, or begin a stream with `epoch`. */
export function recordOf(
  entries: readonly Entry[],
  tail: Tail | null,
  { epoch, isFirst, generation }: { readonly epoch: string; readonly isFirst: boolean; readonly generation: string },
): StreamRecord {
  const last = entries.at(-1);
  return {
    head: {
      e: tail?.epoch ?? epoch,
      o: (tail?.top ?? 0) + entries.length,
      g: generation,
      ...(isFirst && { f: true }),
      ...(last && last.version > 0 && { v: last.version }),
      ...(last && last.versionEpoch !== "" && { w: last.versionEpoch }),
    },
    bodies: entries.map(({ body }) => body),
  };
}

/** A record with the position of a stream alone. */
export function markOf({ epoch, top, generation, version, versionEpoch, keptAt }: Omit<Tail, "seq" | "storedAt">) {
  return {
    head: {
      e: epoch,
      o: top,
      g: generation,
      ...(version > 0 && { v: version }),
      ...(versionEpoch !== "" && { w: versionEpoch }),
      ...(keptAt > 0 && { t: keptAt }),
    },
    bodies: [],
  } satisfies StreamRecord;
}
