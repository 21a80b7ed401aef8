import type { Redis } from "ioredis";
import type { Random } from "../../core/random.ts";
import { connect } from "./connections.ts";
import { Keys } from "./keys.ts";
import type { RedisOptions } from "./options.ts";
import * as scripts from "./scripts.ts";

/** What stands in the way of a server that was asked. */
export interface RedisFault {
  /** It cannot be reached now, or it refuses what a node needs, which will not change by itself. */
  readonly kind: "unreachable" | "refused";
  /** A line that begins with the path of an option; no secret is in it. */
  readonly words: string;
}

/** Does at a server once what a node does all the time; null where all of it works. */
export async function checkRedis(options: RedisOptions, random: Random): Promise<RedisFault | null> {
  const connection = connect(options, "check", random);
  const failed = Promise.withResolvers<never>();
  connection.on("error", (error: unknown) => failed.reject(error));
  const ready = new Promise<void>((resolve) => connection.once("ready", () => resolve()));
  try {
    await Promise.race([ready, failed.promise]);
    failed.promise.catch(() => {});
    if (options.generation === "replication_id") await checkGeneration(connection);
    const keys = new Keys(options.prefix);
    const name = `check ${random.uuid()}`;
    const own = [keys.stream(name), keys.meta(name)];
    const range = [options.generation, 1_000, random.epoch(), "", "", "", "", 0];
    await connection.eval(scripts.read.lua, own.length, ...own, ...range);
    await connection.eval(scripts.remove.lua, own.length, ...own, keys.messages(name), "");
    await connection.del(...own);
    await connection.subscribe(keys.messages(name));
    return null;
  } catch (error) {
    return error instanceof GenerationError ? error.fault : faultOf(String(error));
  } finally {
    connection.disconnect();
  }
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
