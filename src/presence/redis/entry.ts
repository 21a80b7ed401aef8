import { decodeInfo } from "../../broker/remote/client-info.ts";
import type { ClientInfo } from "../../core/publication.ts";

/** The entries of a channel as a list in the order of entering; what cannot be read is counted and left out. */
export function listOf(entries: readonly unknown[], unreadable: () => void): ReadonlyMap<string, ClientInfo> {
  const read: { readonly order: number; readonly info: ClientInfo }[] = [];
  for (const entry of entries) {
    const found = entryOf(String(entry));
    if (found) read.push(found);
    else unreadable();
  }
  read.sort((a, b) => a.order - b.order);
  return new Map(read.map(({ info }) => [info.client, info]));
}

/** `1`, node, order, whether its leave is published, user, info; null where it is something else. */
function entryOf(text: string): { order: number; info: ClientInfo } | null {
  const [node = "", order, , , ...info] = text.split("\n");
  if (!node.startsWith("1")) return null;
  try {
    return { order: Number(order), info: decodeInfo(info.join("\n")) };
  } catch {
    return null;
  }
}
