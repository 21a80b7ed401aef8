import type { Address, Place, RedisOptions, RedisTls } from "../broker/redis/options.ts";
import type { Config } from "../config/config.ts";
import { pemOf } from "./pem.ts";

type Redis = Config["engine"]["redis"];

const defaultAddress = "redis://127.0.0.1:6379";

/**
 * Where the servers are that several nodes share, and how they are used. Several are shards: each has channels that no
 * other has. Sentinels or servers of one shard are in one entry, between commas, as in Centrifugo.
 */
export function redisOptions(redis: Redis): readonly RedisOptions[] {
  const common = {
    prefix: redis.prefix,
    user: redis.user,
    password: redis.password,
    db: redis.db,
    clientName: redis.client_name,
    connectTimeout: redis.connect_timeout,
    ioTimeout: redis.io_timeout,
    tls: tlsOf(redis.tls),
    isResp2: redis.force_resp2,
    generation: redis.generation,
  };
  if (redis.cluster_address.length > 0) {
    return redis.cluster_address.map((entry) => ({ ...common, at: { kind: "cluster", servers: addressesOf(entry) } }));
  }
  if (redis.sentinel_address.length > 0) {
    return redis.sentinel_address.map((entry) => ({ ...common, at: sentinelsOf(redis, entry) }));
  }
  const addresses = redis.address.length > 0 ? redis.address : [defaultAddress];
  return addresses.map((address) => ({
    ...common,
    at: serverOf(address),
    tls: common.tls ?? (address.startsWith("rediss:") ? systemTls : null),
  }));
}

const systemTls: RedisTls = { cert: "", key: "", ca: "", serverName: "", isVerified: true };

function serverOf(address: string): Place {
  if (address.startsWith("unix:")) {
    return { kind: "server", host: "", port: 0, path: address.slice("unix://".length) };
  }
  return { kind: "server", path: "", ...addressOf(address) };
}

function sentinelsOf(redis: Redis, entry: string): Place {
  return {
    kind: "sentinel",
    sentinels: addressesOf(entry),
    name: redis.sentinel_master_name,
    user: redis.sentinel_user,
    password: redis.sentinel_password,
    clientName: redis.sentinel_client_name,
    tls: tlsOf(redis.sentinel_tls),
  };
}

function addressesOf(entry: string): Address[] {
  return entry.split(",").map((each) => addressOf(each.trim()));
}

/** Host and port of an address; 6379 where it names no port. */
function addressOf(address: string): Address {
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
