import type { Redis } from "ioredis";
import type { Random } from "../../../core/random.ts";
import { withConnection } from "../connections.ts";
import type { Address, RedisOptions } from "../options.ts";
import { addressOf, type Owners, ownersOf } from "./topology.ts";

/** A server that is connected already, with its address. */
type Ready = readonly [name: string, member: { readonly engine: { askSlots(): Promise<unknown> } }];

/** Asks servers one after the other where slots are, those that are connected first; null where none answers. */
export async function askSlots(ready: readonly Ready[], options: RedisOptions, random: Random): Promise<Owners | null> {
  for (const [name, { engine }] of shuffled(ready, random)) {
    const answer = await engine.askSlots().catch(() => null);
    const owners = ownersOf(answer, addressOf(name).host);
    if (owners !== null) return owners;
  }
  const servers = options.at.kind === "cluster" ? options.at.servers : [];
  for (const address of shuffled(servers, random)) {
    const at = { kind: "server", path: "", ...address } as const;
    const asked = withConnection({ ...options, at }, random, (connection) => slotsAt(connection, address));
    const owners = await asked.catch(() => null);
    if (owners !== null) return owners;
  }
  return null;
}

/** Where slots are, as this server says. */
export async function slotsAt(connection: Redis, { host }: Address): Promise<Owners> {
  const owners = ownersOf(await connection.cluster("SLOTS"), host);
  if (owners === null) throw new Error("CLUSTER SLOTS was answered with something else");
  return owners;
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, at: random.float() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
