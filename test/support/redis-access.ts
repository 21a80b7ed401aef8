import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Place, RedisOptions, RedisTls } from "../../src/broker/redis/options.ts";
import { nameCertificate, nameKey } from "./certificate.ts";
import { TlsFront } from "./tls-front.ts";

/** How servers let others in. */
export interface RedisAccess extends Disposable {
  readonly host: string;
  /** Where a server at this port is found by others. */
  announced(port: number): number;
  /** Options of the command line of a server at this port. */
  args(port: number): readonly string[];
  /** Options of redis-cli. */
  readonly cli: readonly string[];
  /** Lines of the configuration of a sentinel at this port. */
  sentinel(port: number): readonly string[];
  /** Options of a node for sentinels. */
  readonly sentinels: Omit<Extract<Place, { kind: "sentinel" }>, "sentinels" | "kind">;
  /** Words of MIGRATE for the other server. */
  readonly migrate: readonly string[];
  /** Options of a node. */
  readonly options: Partial<RedisOptions>;
}

/** Without encryption and passwords. */
export const openAccess: RedisAccess = {
  host: "127.0.0.1",
  announced: (port) => port,
  args: () => [],
  cli: [],
  sentinel: (port) => [`port ${port}`, "bind 127.0.0.1"],
  sentinels: { name: "mymaster", user: "", password: "", clientName: "", tls: null },
  migrate: [],
  options: {},
  [Symbol.dispose]: () => {},
};

/** A certificate that is valid by name alone, on both sides. */
export const nameTls: RedisTls = {
  cert: nameCertificate,
  key: nameKey,
  ca: nameCertificate,
  serverName: "",
  isVerified: true,
};

/** What a node needs to be allowed; the password is "sesame". */
const nodeRules = ["on", ">sesame", "~chorus:*", "&chorus:*", "+@all", "-@dangerous", "+info"] as const;

const users = ["--requirepass", "admin", "--masterauth", "admin", "--user", "node", ...nodeRules];

/**
 * Every connection is encrypted, both sides show a certificate, and the users have passwords; servers name each other by
 * their host, for which alone the certificate is valid.
 */
export function guardedAccess(): RedisAccess {
  const folder = mkdtempSync(join(tmpdir(), "chorus-test-"));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(cert, nameCertificate);
  writeFileSync(key, nameKey);
  const files = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert];
  return {
    host: "localhost",
    announced: (port) => port,
    args: (port) => [
      ...["--port", "0", "--tls-port", String(port), "--tls-replication", "yes", "--tls-cluster", "yes"],
      ...["--replica-announce-ip", "localhost", ...files, ...users],
    ],
    cli: ["--tls", "--cacert", cert, "--cert", cert, "--key", key, "-a", "admin", "--no-auth-warning"],
    sentinel: (port) => [
      "port 0",
      `tls-port ${port}`,
      "bind 127.0.0.1",
      "tls-replication yes",
      `tls-cert-file ${cert}`,
      `tls-key-file ${key}`,
      `tls-ca-cert-file ${cert}`,
      "sentinel resolve-hostnames yes",
      "sentinel announce-hostnames yes",
      "requirepass admin",
      "user watcher on >simsim &* +@connection +@pubsub +sentinel|get-master-addr-by-name +sentinel|sentinels",
    ],
    sentinels: { name: "mymaster", user: "watcher", password: "simsim", clientName: "", tls: nameTls },
    migrate: ["AUTH", "admin"],
    options: { user: "node", password: "sesame", tls: nameTls },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The same for servers that are built without TLS: something in front of each of them encrypts. */
export function frontedAccess(): RedisAccess {
  const fronts = new Map<number, TlsFront>();
  const announced = (port: number) => {
    const front = fronts.get(port) ?? new TlsFront(port);
    fronts.set(port, front);
    return front.port;
  };
  return {
    ...openAccess,
    host: "localhost",
    announced,
    args: (port) => [
      ...["--cluster-announce-port", String(announced(port)), "--cluster-announce-bus-port", String(port + 10_000)],
      ...users,
    ],
    cli: ["-a", "admin", "--no-auth-warning"],
    migrate: ["AUTH", "admin"],
    options: { user: "node", password: "sesame", tls: nameTls },
    [Symbol.dispose]: () => {
      for (const front of fronts.values()) front[Symbol.dispose]();
    },
  };
}
