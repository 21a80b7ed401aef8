import { encodedOnce } from "./encoded-once.ts";
import type { ClientInfo } from "./publication.ts";

/** Names of members and punctuation of one entry: `"":{"user":"","client":""},` and those of the infos. */
const entryBytes = 26;
const infoBytes = 13;

/** About how many bytes a list of presence takes in JSON; characters over ASCII count as one. Counted once for a list. */
export const presenceBytes = encodedOnce((list: ReadonlyMap<string, ClientInfo>): number => {
  let bytes = 2;
  for (const { user, client, connInfo, chanInfo } of list.values()) {
    bytes += entryBytes + 2 * client.length + user.length;
    if (connInfo !== undefined) bytes += infoBytes + connInfo.length;
    if (chanInfo !== undefined) bytes += infoBytes + chanInfo.length;
  }
  return bytes;
});
