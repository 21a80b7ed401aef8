import type { Address } from "../options.ts";
import { slotCount } from "./slots.ts";

/** Which server is responsible for each slot: its address as text; null where it is not known. */
export type Owners = readonly (string | null)[];

/** The host of a server without a name, in a cluster that prefers names. */
export const unknownName = "?";

export const noOwners: Owners = new Array<string | null>(slotCount).fill(null);

/**
 * What `CLUSTER SLOTS` says, as the server with this host has answered it: a server that does not know its own host names
 * none. Null where it is something else.
 */
export function ownersOf(answer: unknown, host: string): Owners | null {
  if (!Array.isArray(answer)) return null;
  const owners = [...noOwners];
  for (const range of answer) {
    if (!Array.isArray(range) || !Array.isArray(range[2])) return null;
    const [begin, end, [named, port, , more]] = range;
    const announced = named === unknownName ? ipOf(more) : String(named ?? "");
    owners.fill(textOf({ host: announced || host, port: Number(port) }), Number(begin), Number(end) + 1);
  }
  return owners;
}

/** What else is known of a server: names and values by turns, or a map of them. */
function ipOf(more: unknown): string {
  if (!Array.isArray(more)) return String(Object(more)["ip"] ?? "");
  const at = more.indexOf("ip");
  return at < 0 ? "" : String(more[at + 1]);
}

/** The slots for which two maps name different servers. */
export function changesOf(before: Owners, after: Owners): ReadonlySet<number> {
  const changed = new Set<number>();
  for (let slot = 0; slot < slotCount; slot++) if (before[slot] !== after[slot]) changed.add(slot);
  return changed;
}

/** An address as text, as clusters write it. */
export function textOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

/** Reads such a text; the host may be one of IPv6, without brackets. */
export function addressOf(text: string): Address {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
