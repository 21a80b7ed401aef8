import type { Account } from "../broker.ts";

/** What a store may keep. */
export interface StoreBounds {
  /** Streams, also those without a publication. */
  readonly streamsMax: number;
  /** Bytes of all publications together. */
  readonly bytesMax: number;
}

/** What one account has in a store. */
export interface Share {
  readonly id: string;
  readonly streamsMax: number;
  readonly bytesMax: number;
  streams: number;
  bytes: number;
}

/** The shares that accounts have in one store. An account that has nothing takes no memory. */
export class Shares {
  readonly #bounds: StoreBounds;
  readonly #shares = new Map<string, Share>();

  constructor(bounds: StoreBounds) {
    this.#bounds = bounds;
  }

  /** Accounts that have something. */
  get size(): number {
    return this.#shares.size;
  }

  /** The share of an account; null where none is charged, because it may have all. */
  of(account: Account | undefined): Share | null {
    if (account === undefined || account.share >= 1) return null;
    const { id, share } = account;
    const known = this.#shares.get(id);
    if (known !== undefined) return known;
    const streamsMax = Math.floor(this.#bounds.streamsMax * share);
    const bytesMax = Math.floor(this.#bounds.bytesMax * share);
    return { id, streamsMax, bytesMax, streams: 0, bytes: 0 };
  }

  /** Charges a share, or gives back where the numbers are negative. */
  charge(share: Share | null, streams: number, bytes: number): void {
    if (share === null) return;
    share.streams += streams;
    share.bytes += bytes;
    if (share.streams > 0 || share.bytes > 0) this.#shares.set(share.id, share);
    else this.#shares.delete(share.id);
  }
}

/** Publications with the same share. */
interface Segment {
  readonly share: Share | null;
  count: number;
  bytes: number;
}

/** So many runs of publications with the same share are told apart in one stream; of older ones only how many each has. */
const segmentsMax = 32;

/**
 * To whom the publications of one stream are charged, oldest first. Where one of a segment goes, the mean of its segment
 * is given back: the sum is right when all have gone. No account is ever charged for the publications of another.
 */
export class Charges {
  readonly #shares: Shares;
  /** Before all of `#segments`, in no order. */
  readonly #older = new Map<Share | null, Segment>();
  #segments: Segment[] = [];
  #count = 0;

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  /** Notes a publication whose bytes were charged to the share. */
  add(share: Share | null, bytes: number): void {
    const last = this.#segments.at(-1);
    this.#count++;
    if (last?.share === share) {
      last.count++;
      last.bytes += bytes;
      return;
    }
    this.#segments.push({ share, count: 1, bytes });
    if (this.#segments.length > segmentsMax) this.#merge();
  }

  /** What the oldest publication gives back to the share when it goes. */
  oldestOf(share: Share): number {
    const first = this.#first();
    return first !== undefined && first.share === share ? first.bytes / first.count : 0;
  }

  /** Gives back all but the newest so many publications. */
  keep(count: number): void {
    while (this.#count > count) {
      const first = this.#first();
      if (first === undefined) return;
      const dropped = Math.min(first.count, this.#count - count);
      const bytes = dropped === first.count ? first.bytes : Math.floor((first.bytes / first.count) * dropped);
      this.#shares.charge(first.share, 0, -bytes);
      first.count -= dropped;
      first.bytes -= bytes;
      this.#count -= dropped;
      if (first.count === 0) this.#remove(first);
    }
  }

  #first(): Segment | undefined {
    const [older = this.#segments[0]] = this.#older.values();
    return older;
  }

  #remove(first: Segment): void {
    if (this.#older.get(first.share) === first) this.#older.delete(first.share);
    else this.#segments.shift();
  }

  #merge(): void {
    const first = this.#segments.shift();
    if (first === undefined) return;
    const older = this.#older.get(first.share);
    if (older === undefined) {
      this.#older.set(first.share, first);
      return;
    }
    older.count += first.count;
    older.bytes += first.bytes;
  }
}

/** The part of a stream that says who is charged for it. */
export interface Charged {
  readonly top: number;
  readonly owner: Share | null;
  readonly charges: Charges;
}

/** Whether a publication of so many bytes is too much for its account; where the stream is full, its oldest one goes. */
export function isOverShare(
  share: Share,
  stream: Charged | null,
  { bytes, isFull }: { bytes: number; isFull: boolean },
): boolean {
  const isFirst = stream === null || (stream.top === 0 && stream.owner !== share);
  if (isFirst && share.streams >= share.streamsMax) return true;
  const freed = isFull && stream !== null ? stream.charges.oldestOf(share) : 0;
  return bytes > freed && share.bytes + bytes - freed > share.bytesMax;
}
