import { readFileSync } from "node:fs";
import { checkRedis, type RedisFault } from "../broker/redis/check.ts";
import type { RedisOptions, RedisTls } from "../broker/redis/options.ts";
import type { Config } from "../config/config.ts";
import { readPem } from "../core/pem.ts";
import { systemRandom } from "../runtime/system.ts";

/** What stands in the way of the engine of several nodes; null where it works, or where there is none. */
export function engineFault({ engine }: Config): Promise<RedisFault | null> {
  if (engine.type !== "redis") return Promise.resolve(null);
  return checkRedis(redisOptions(engine.redis), systemRandom);
}

type Redis = Config["engine"]["redis"];

const defaultAddress = "redis://127.0.0.1:6379";

/** Where the server is that several nodes share, and how it is used. */
export function redisOptions(redis: Redis): RedisOptions {
  const [address = defaultAddress] = redis.address;
  return {
    at: redis.sentinel_address.length > 0 ? sentinelsOf(redis) : serverOf(address),
    prefix: redis.prefix,
    user: redis.user,
    password: redis.password,
    db: redis.db,
    clientName: redis.client_name,
    connectTimeout: redis.connect_timeout,
    ioTimeout: redis.io_timeout,
    tls: tlsOf(redis.tls) ?? (address.startsWith("rediss:") ? systemTls : null),
    generation: redis.generation,
  };
}

const systemTls: RedisTls = { cert: "", key: "", ca: "", serverName: "", isVerified: true };

function serverOf(address: string): RedisOptions["at"] {
  if (address.startsWith("unix:")) {
    return { kind: "server", host: "", port: 0, path: address.slice("unix://".length) };
  }
  return { kind: "server", path: "", ...placeOf(address) };
}

function sentinelsOf(redis: Redis): RedisOptions["at"] {
  return {
    kind: "sentinel",
    sentinels: redis.sentinel_address.map(placeOf),
    name: redis.sentinel_master_name,
    user: redis.sentinel_user,
    password: redis.sentinel_password,
    tls: tlsOf(redis.sentinel_tls),
  };
}

/** Host and port of an address; 6379 where it names no port. */
function placeOf(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(address.includes("://") ? address : `redis://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 6_379 : Number(port) };
}

function tlsOf(tls: Redis["tls"]): RedisTls | null {
  if (!tls.enabled) return null;
  return {
    cert: pemOf(tls.cert_pem),
    key: pemOf(tls.key_pem),
    ca: pemOf(tls.server_ca_pem),
    serverName: tls.server_name,
    isVerified: !tls.insecure_skip_verify,
  };
}

function pemOf(value: string): string {
  return value === "" ? "" : (readPem(value) ?? readFileSync(value.trim(), "utf8"));
}
