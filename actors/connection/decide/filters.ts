import type { Joined, Since } from "../../../src/broker/broker.ts";
import type { Variant } from "../../../src/core/variant.ts";
import type { Joining } from "../subscription.ts";
import type { View } from "./decision.ts";

/** Bytes that the filters of one connection may take: six of 512 nodes, or one of 30 for each of 128 channels. */
const filterBytesMax = 1_048_576;

/** Whether the connection may have another filter. */
export function hasRoomFor({ weight = 0 }: Variant, { connection }: View): boolean {
  let taken = weight;
  for (const { variant } of connection.subscriptions.values()) taken += variant?.weight ?? 0;
  return taken <= filterBytesMax;
}

/** A filter of 128 KiB that is compared with eight publications costs a token: some 200 us. */
const bytesPerToken = 1_048_576;

/** What a client pays for a recovery with a filter. */
export function filterTokens(
  { terms: { grant } }: Joining,
  { publications, position }: Joined,
  since: Since | null,
): number {
  if (!grant.filter || since === null) return 0;
  const compared = since.mode === "cache" ? Math.min(since.publicationsMax, position.offset) : publications.length;
  return Math.floor((grant.filter.weight * compared) / bytesPerToken);
}
