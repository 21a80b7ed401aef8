import type { RedisOptions as ClientOptions, Redis } from "ioredis";
import type { Random } from "../../core/random.ts";
import type { RedisOptions, RedisTls } from "./options.ts";

/** Milliseconds between two attempts to connect: the least and the most. */
const retryMinMs = 50;
const retryMaxMs = 2_000;

/**
 * A connection that never sends a command twice and never keeps one for later: what is not answered is unknown, and what
 * cannot be sent fails at once. It comes back by itself, at the master that is then the master. Loaded on the first call,
 * because the client costs 20 MB.
 */
export function connect(options: RedisOptions, role: "commands" | "messages" | "check", random: Random): Redis {
  const { Redis: Client }: typeof import("ioredis") = require("ioredis");
  return new Client<"legacy">({ ...clientOptions(options, role, random), replyMapping: "legacy" });
}

function clientOptions(options: RedisOptions, role: string, random: Random): ClientOptions {
  const { at, user, password, db, clientName, connectTimeout, ioTimeout, tls } = options;
  const delay = (attempt: number) =>
    Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(attempt, 6)) * (0.5 + random.float() / 2);
  const encrypted = tlsOf(tls);
  return {
    ...(at.kind === "sentinel" ? sentinelOptions(at, delay) : addressOf(at)),
    ...(user !== "" && { username: user }),
    ...(password !== "" && { password }),
    db,
    connectionName: `${clientName === "" ? "chorus" : clientName}-${role}`,
    connectTimeout,
    commandTimeout: ioTimeout,
    ...(encrypted && { tls: encrypted }),
    ...(encrypted && at.kind === "sentinel" && { enableTLSForSentinelMode: true }),
    retryStrategy: delay,
    // It asks INFO, and complains on stderr where that is forbidden.
    enableReadyCheck: role !== "check" && options.generation !== "none",
    // The client's own defaults append twice after a cut, and answer from a queue what was meant for another server.
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    // A replica that was the master, or a server without its password: another connection may find the master.
    reconnectOnError: (error) => /^(READONLY|NOAUTH|MASTERDOWN)/.test(error.message),
  };
}

function addressOf(at: Extract<RedisOptions["at"], { kind: "server" }>): ClientOptions {
  return at.path === "" ? { host: at.host, port: at.port } : { path: at.path };
}

function sentinelOptions(
  { sentinels, name, user, password, tls }: Extract<RedisOptions["at"], { kind: "sentinel" }>,
  delay: (attempt: number) => number,
): ClientOptions {
  const encrypted = tlsOf(tls);
  return {
    sentinels: [...sentinels],
    name,
    ...(user !== "" && { sentinelUsername: user }),
    ...(password !== "" && { sentinelPassword: password }),
    ...(encrypted && { sentinelTLS: encrypted }),
    sentinelRetryStrategy: delay,
    failoverDetector: true,
  };
}

function tlsOf(tls: RedisTls | null): ClientOptions["tls"] {
  if (tls === null) return undefined;
  const { cert, key, ca, serverName, isVerified } = tls;
  return {
    ...(cert !== "" && { cert }),
    ...(key !== "" && { key }),
    ...(ca !== "" && { ca }),
    ...(serverName !== "" && { servername: serverName }),
    rejectUnauthorized: isVerified,
  };
}
