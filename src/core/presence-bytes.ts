import type { ClientInfo } from "./publication.ts";

/** A list of presence is the same object until the channel changes: what it takes is counted once. */
const known = new WeakMap<ReadonlyMap<string, ClientInfo>, number>();

/** Names of members and punctuation of one entry: `"":{"user":"","client":""},` and those of the infos. */
const entryBytes = 26;
const infoBytes = 13;

/** About how many bytes a list of presence takes in JSON; characters over ASCII count as one. */
export function presenceBytes(list: ReadonlyMap<string, ClientInfo>): number {
  const counted = known.get(list);
  if (counted !== undefined) return counted;
  let bytes = 2;
  for (const { user, client, connInfo, chanInfo } of list.values()) {
    bytes += entryBytes + 2 * client.length + user.length;
    if (connInfo !== undefined) bytes += infoBytes + connInfo.length;
    if (chanInfo !== undefined) bytes += infoBytes + chanInfo.length;
  }
  known.set(list, bytes);
  return bytes;
}
