import type { Redis } from "ioredis";
import type { Random } from "../../core/random.ts";
import { slotsAt } from "./cluster/asking.ts";
import { slotOf } from "./cluster/slots.ts";
import { addressOf, type Owners } from "./cluster/topology.ts";
import { withConnection } from "./connections.ts";
import { Keys } from "./keys.ts";
import { inServer, inShard, type Listening } from "./listening.ts";
import type { RedisOptions } from "./options.ts";
import { scriptOfShard } from "./script.ts";
import * as scripts from "./scripts.ts";

/** Why a server cannot be used. */
export interface RedisFault {
  /** It cannot be reached now, or it refuses what a node needs, which will not change by itself. */
  readonly kind: "unreachable" | "refused";
  /** A line that begins with the path of an option; no secret is in it. */
  readonly words: string;
}

/** Does at a server once what a node does all the time; null where all of it works. */
export async function checkRedis(options: RedisOptions, random: Random): Promise<RedisFault | null> {
  try {
    if (options.at.kind === "cluster") await checkCluster(options, options.at.servers, random);
    else await withConnection(options, random, (connection) => checkServer(connection, options, random, null));
    return null;
  } catch (error) {
    return error instanceof GenerationError ? error.fault : faultOf(String(error));
  }
}

/** Asks the first server that answers for the others, and tries each that has slots. */
async function checkCluster(options: RedisOptions, servers: readonly { host: string; port: number }[], random: Random) {
  const serverAt = (address: { host: string; port: number }): RedisOptions => ({
    ...options,
    at: { kind: "server", path: "", ...address },
  });
  const asked = servers.map((address) =>
    withConnection(serverAt(address), random, (connection) => slotsAt(connection, address)),
  );
  const owners = await Promise.any(asked).catch((error: AggregateError) => {
    throw error.errors[0];
  });
  if (owners.includes(null)) throw new Error("CLUSTERDOWN some slots of the cluster have no server");
  for (const name of new Set(owners)) {
    const at = serverAt(addressOf(name ?? ""));
    await withConnection(at, random, (connection) => checkServer(connection, options, random, { owners, name }));
  }
}

async function checkServer(
  connection: Redis,
  { generation, prefix }: RedisOptions,
  random: Random,
  cluster: { readonly owners: Owners; readonly name: string | null } | null,
): Promise<void> {
  if (generation === "replication_id") await checkGeneration(connection);
  const keys = new Keys(prefix);
  const listening: Listening = cluster === null ? inServer : inShard;
  const remove = cluster === null ? scripts.remove : scriptOfShard(scripts.remove);
  let channel = `check ${random.uuid()}`;
  while (cluster !== null && cluster.owners[slotOf(keys.meta(channel))] !== cluster.name)
    channel = `check ${random.uuid()}`;
  const own = [keys.stream(channel), keys.meta(channel)];
  const range = [generation, 1_000, random.epoch(), "", "", "", "", 0];
  await connection.eval(scripts.read.lua, own.length, ...own, ...range);
  await connection.eval(remove.lua, own.length, ...own, keys.messages(channel), "");
  await connection.del(...own);
  await listening.subscribe(connection, [keys.messages(channel)]);
}

/** The replication id cannot be read. */
class GenerationError extends Error {
  override readonly name = "GenerationError";
  readonly fault: RedisFault;

  constructor(cause: unknown) {
    super("the replication id cannot be read");
    const words =
      "engine.redis.generation: the server does not tell its replication id, so what a failover has lost would not be " +
      `noticed: allow INFO to the user, or accept that with "none" (${String(cause)})`;
    this.fault = { kind: "refused", words };
  }
}

async function checkGeneration(connection: Redis): Promise<void> {
  const info = await connection.info("replication").catch((error: unknown) => {
    throw String(error).includes("NOPERM") ? new GenerationError(error) : error;
  });
  if (!/^master_replid:\w+/m.test(info)) throw new GenerationError("INFO replication names none");
}

function faultOf(message: string): RedisFault {
  const isRefused = /WRONGPASS|NOAUTH|NOPERM|\bERR\b|certificate|self.signed/i.test(message);
  return isRefused
    ? { kind: "refused", words: `engine.redis: the server refuses this node: ${message}` }
    : { kind: "unreachable", words: `engine.redis: the server cannot be reached: ${message}` };
}
