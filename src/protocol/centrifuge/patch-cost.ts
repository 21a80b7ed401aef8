/** Bytes that the encoder hashes at once, and places of the base with the same hash that it looks at. */
const window = 16;
const placesMax = 250;
/** What a place costs, in comparisons of two bytes, each of which is about a nanosecond (measured on Bun 1.4.5). */
const placeCost = 8;
/** What a byte of the target may cost on average. An honest payload needs a tenth of it. */
const costPerByteMax = 64;
/** Longer publications are sent whole: an honest patch of so many bytes takes some milliseconds. */
const bytesMax = 262_144;

/**
 * Whether a patch takes time in proportion to its bytes. Payloads can be made so that all windows of them have one hash,
 * and none continues a match: 64 KiB of those take 110 ms, and with this bound 6 ms at the most (measured on Bun 1.4.5).
 * Goes through the target as the encoder does, with its hash (fossil-delta 2.0.0), but looks at one place for each hash.
 */
export function isQuickPatch(base: Uint8Array, target: Uint8Array): boolean {
  if (base.length > bytesMax || target.length > bytesMax) return false;
  return base.length <= window || isWithin(costPerByteMax * target.length, base, target);
}

function isWithin(costMax: number, base: Uint8Array, target: Uint8Array): boolean {
  const { places, last } = placesOf(base);
  let left = costMax;
  for (let at = 0; at + window < target.length; ) {
    let hash = hashOf(target, at);
    let matched = 0;
    for (; matched === 0 && at + window < target.length; at += 1) {
      const bucket = hash % places.length;
      const count = Math.min(byteAt(places, bucket), placesMax);
      if (count > 0) matched = matchFrom(base, byteAt(last, bucket) * window, { target, at });
      left -= count * (placeCost + matched);
      if (left < 0) return false;
      hash = rolled(hash, byteAt(target, at), byteAt(target, at + window));
    }
    at += Math.max(0, matched - 1);
  }
  return true;
}

/** How many windows of the base have each hash, and which is the last of them. */
function placesOf(base: Uint8Array) {
  const buckets = Math.ceil(base.length / window);
  const places = new Uint32Array(buckets);
  const last = new Uint32Array(buckets);
  for (let at = 0; at < base.length - window; at += window) {
    const bucket = hashOf(base, at) % buckets;
    places[bucket] = byteAt(places, bucket) + 1;
    last[bucket] = at / window;
  }
  return { places, last };
}

/** The hash of a window: the sum of its bytes, and their sum weighted by place, of 16 bits each. */
function hashOf(bytes: Uint8Array, from: number): number {
  let [sum, weighted] = [0, 0];
  for (let index = 0; index < window; index += 1) {
    sum += byteAt(bytes, from + index);
    weighted += (window - index) * byteAt(bytes, from + index);
  }
  return ((sum & 0xffff) | (weighted << 16)) >>> 0;
}

/** The hash of the next window: without its first byte, and with another one at its end. */
function rolled(hash: number, first: number, next: number): number {
  const sum = ((hash & 0xffff) - first + next) & 0xffff;
  const weighted = (hash >>> 16) - window * first + sum;
  return (sum | (weighted << 16)) >>> 0;
}

/** For indices that are inside. */
function byteAt(bytes: Uint8Array | Uint32Array, index: number): number {
  return bytes[index] ?? 0;
}

/** Bytes that are equal from a place of the base and a place of the target on; 0 where they are fewer than a window. */
function matchFrom(base: Uint8Array, from: number, { target, at }: { target: Uint8Array; at: number }): number {
  let length = 0;
  while (from + length < base.length && at + length < target.length && base[from + length] === target[at + length]) {
    length += 1;
  }
  return length < window ? 0 : length;
}
