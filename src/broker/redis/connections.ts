import { tracingChannel } from "node:diagnostics_channel";
import type { RedisOptions as ClientOptions, Redis } from "ioredis";
import type { Random } from "../../core/random.ts";
import type { Place, RedisOptions, RedisTls } from "./options.ts";

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
  nameSubscribers(Object.getPrototypeOf(tracingChannel("ioredis:command")));
  const own = { ...clientOptions(options, role, random), lazyConnect: true, replyMapping: "legacy" as const };
  const client = new Client<"legacy">(own);
  if (options.at.kind === "sentinel") followSentinels(client, options.at.clientName);
  client.connect().catch(() => {});
  return client;
}

/** The channels of diagnostics that one channel of tracing has. */
type Traces = Record<"start" | "end" | "asyncStart" | "asyncEnd" | "error", { readonly hasSubscribers: boolean }>;

/**
 * Lets a channel of tracing say whether it has subscribers, as Node does: Bun (1.4.5) has no such property, and ioredis
 * (6.0.0) takes that for a yes. It then copies the arguments of every command, 768 of a group, and makes two promises more.
 */
export function nameSubscribers(tracing: object): void {
  if ("hasSubscribers" in tracing) return;
  Object.defineProperty(tracing, "hasSubscribers", {
    configurable: true,
    get(this: Traces) {
      const { start, end, asyncStart, asyncEnd, error } = this;
      return [start, end, asyncStart, asyncEnd, error].some(({ hasSubscribers }) => hasSubscribers);
    },
  });
}

/** Connects for as long as `use` takes; throws what `use` throws, and why the connection fails. */
export async function withConnection<Value>(
  options: RedisOptions,
  random: Random,
  use: (connection: Redis) => Promise<Value>,
): Promise<Value> {
  const connection = connect(options, "check", random);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  connection.on("error", (error: unknown) => failed.reject(error));
  const ready = new Promise<void>((resolve) => connection.once("ready", () => resolve()));
  try {
    await Promise.race([ready, failed.promise]);
    return await use(connection);
  } finally {
    connection.disconnect();
  }
}

/** A client of sentinels, which ioredis makes and keeps to itself. */
interface SentinelConnector {
  connectToSentinel(endpoint: unknown, options?: ClientOptions): Redis;
  connect(emit: (type: string, error: unknown) => void): Promise<unknown>;
}

/**
 * Names the clients of sentinels. One that cannot be reached is no error, because the next one is asked: the clients have
 * no listener for errors (ioredis 6.0.0), and ioredis writes those past our log, to stderr. The last of them is named
 * where none can be reached: of a certificate that is not valid ioredis says that the connection is closed.
 */
function followSentinels(client: Redis, name: string): void {
  const { connector } = client as unknown as { connector: SentinelConnector };
  const open = connector.connectToSentinel.bind(connector);
  const connectToMaster = connector.connect.bind(connector);
  const named = name === "" ? {} : { connectionName: name };
  let cause: unknown = null;
  connector.connectToSentinel = (endpoint, options) =>
    open(endpoint, { ...options, ...named }).on("error", (error: unknown) => {
      cause = error;
    });
  connector.connect = (emit) => {
    cause = null;
    return connectToMaster((type, error) =>
      emit(type, cause === null ? error : new Error(`${error} (${cause})`, { cause })),
    );
  };
}

function clientOptions(options: RedisOptions, role: string, random: Random): ClientOptions {
  const { at, user, password, db, clientName, connectTimeout, ioTimeout, tls, isResp2 } = options;
  if (at.kind === "cluster") throw new Error("A cluster has no connection of its own.");
  const delay = (attempt: number) =>
    Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(attempt, 6)) * (0.5 + random.float() / 2);
  const encrypted = tlsOf(tls);
  return {
    ...(at.kind === "sentinel" ? sentinelOptions(at, delay, ioTimeout) : addressOf(at)),
    ...(user !== "" && { username: user }),
    ...(password !== "" && { password }),
    db,
    connectionName: `${clientName === "" ? "chorus" : clientName}-${role}`,
    connectTimeout,
    commandTimeout: ioTimeout,
    protocol: isResp2 ? 2 : 3,
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

function addressOf(at: Extract<Place, { kind: "server" }>): ClientOptions {
  return at.path === "" ? { host: at.host, port: at.port } : { path: at.path };
}

function sentinelOptions(
  { sentinels, name, user, password, tls }: Extract<Place, { kind: "sentinel" }>,
  delay: (attempt: number) => number,
  ioTimeout: number,
): ClientOptions {
  const encrypted = tlsOf(tls);
  return {
    sentinels: [...sentinels],
    name,
    ...(user !== "" && { sentinelUsername: user }),
    ...(password !== "" && { sentinelPassword: password }),
    ...(encrypted && { sentinelTLS: encrypted }),
    sentinelRetryStrategy: delay,
    // A server that hangs still accepts connections.
    sentinelCommandTimeout: ioTimeout,
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
