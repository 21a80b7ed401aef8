import type { Server } from "bun";
import type { Config } from "../config/config.ts";
import type { Profile } from "../config/profiles.ts";
import type { Clock } from "../core/clock.ts";
import type { Frame } from "../core/frame.ts";
import type { Log } from "../core/log.ts";
import { RatedLog } from "../core/rated-log.ts";
import type { NativeSubscriber } from "../delivery/subscribers.ts";
import { answer, notFound } from "../http/responses.ts";
import { tlsOptions } from "../http/tls.ts";
import type { Network } from "../runtime/network.ts";
import type { BunSocket } from "../sockets/socket.ts";
import type { createListeners } from "./listeners.ts";
import { Publishers } from "./publishers.ts";

type BunServer = Server<BunSocket>;

/** What the servers answer with. */
export interface ServersPorts {
  readonly listeners: ReturnType<typeof createListeners>;
  readonly profile: Profile;
  readonly clock: Clock;
  readonly log: Log;
  readonly network: Network;
  /** False: there is no public listener. */
  readonly isListening: boolean;
  /** Other processes of this node listen at the same port. */
  readonly isPortShared: boolean;
}

/** The open listeners of this process. */
export interface Servers {
  /** Of the public listener: `http://127.0.0.1:8080`; "" where there is none. */
  readonly url: string;
  /** Of the internal one; null where there is none. */
  readonly internalUrl: string | null;
  /** Bun's native publish to the subscribers of a topic, without `except`; -1 says that a socket may be slow. */
  publish(topic: string, frame: Frame, except: NativeSubscriber | null): number;
  /** A server of the application has sockets of ours: publications go to it too. It is not stopped by `stop`. */
  add(server: BunServer): void;
  /** Logs what could not be opened; after `server.started`, which is the first line. */
  logSkipped(): void;
  /**
   * Opens every listener anew with the certificate of `next`, and closes those with the former one: their sockets stay.
   * Bun's own `reload` leaves the certificate as it is (1.4.5).
   *
   * @throws where the certificate cannot be used; the listeners are then as they were
   */
  renewCertificate(next: Config): void;
  stop(): Promise<void>;
}

/** Opens the public listener, the internal one, and where `localhost` is meant the other loopback address as well. */
export function openServers(config: Config, ports: ServersPorts): Servers {
  let current = openAll(config, ports);
  const publishers = new Publishers(current.outer);
  const { skipped } = current;
  const retired: BunServer[] = [];
  return {
    url: current.outer[0]?.url.origin ?? "",
    internalUrl: current.inside?.url.origin ?? null,
    publish: (topic, frame, except) => publishers.publish(topic, frame, except),
    add: (server) => publishers.add(server),
    logSkipped() {
      // A machine without the other address is none that a browser can be misled on.
      if (skipped) ports.log[skipped.reason === "EADDRINUSE" ? "warn" : "debug"]("listener.skipped", { ...skipped });
    },
    renewCertificate(next) {
      const { outer, inside } = current;
      const port = outer[0]?.port ?? next.http_server.port;
      const http_server = { ...next.http_server, port, internal_port: inside?.port ?? null };
      current = openAll({ ...next, http_server }, ports);
      for (const server of current.outer) publishers.add(server);
      for (const server of all({ outer, inside })) {
        retired.push(server);
        // Resolves when its last socket has gone, which may take days.
        void server.stop(false);
      }
    },
    async stop() {
      await Promise.all([...all(current), ...retired].map((server) => server.stop(true)));
    },
  };
}

/** The listeners of one certificate. */
interface Opened {
  readonly outer: readonly BunServer[];
  readonly inside: BunServer | null;
  readonly skipped: Skipped | null;
}

function all({ outer, inside }: Pick<Opened, "outer" | "inside">): BunServer[] {
  return inside ? [...outer, inside] : [...outer];
}

function openAll(config: Config, ports: ServersPorts): Opened {
  const { listeners, profile, network, isListening, isPortShared } = ports;
  const { address, port, internal_address, internal_port } = config.http_server;
  const open = (hostname: string, at: number, routes: typeof listeners.routes): BunServer =>
    network.serve<BunSocket>({
      ...common(config, ports),
      // So that a listener with another certificate can be opened before this one is closed.
      reusePort: isPortShared || config.http_server.tls.enabled,
      hostname,
      port: at,
      routes,
      websocket: listeners.handlers,
    });

  const openOuter = (hostname: string, at: number) => open(hostname, at, listeners.routes);
  const meansLocalhost = address === "localhost" || (profile === "development" && pairs.has(address));
  const { servers, skipped } = isListening
    ? openPublic({ address, port, meansLocalhost }, openOuter)
    : { servers: [], skipped: null };
  try {
    const inside =
      internal_port === null ? null : open(internal_address || address, internal_port, listeners.routesInside);
    return { outer: servers, inside, skipped };
  } catch (error) {
    for (const server of servers) server.stop(true);
    throw error;
  }
}

function common(config: Config, ports: ServersPorts) {
  const faults = new RatedLog("request.failed", { ...ports, level: "error" });
  return {
    idleTimeout: Math.ceil(config.http_server.idle_timeout / 1_000),
    // The API alone takes bodies, and refuses those over its limit in words; what is far over it the runtime cuts off.
    maxRequestBodySize: Math.max(config.http_api.body_size_limit, 16_777_216),
    ...tlsOptions(config.http_server.tls),
    // Otherwise the runtime answers /bun:info with its version and the kernel's.
    development: false,
    fetch: notFound,
    error: (error: Error) => {
      faults.add("", () => ({ error: `${error.name}: ${error.message}` }));
      return answer(500, "Internal server error.");
    },
  };
}

/** Each loopback address, and the other one that `localhost` may mean. */
const pairs = new Map([
  ["127.0.0.1", "::1"],
  ["localhost", "::1"],
  ["::1", "127.0.0.1"],
]);

/** A listener that could not be opened, and the system's code for why. */
interface Skipped {
  readonly address: string;
  readonly port: number;
  readonly reason: string;
}

/**
 * The public listener, and the second one where `localhost` is meant: a browser may take it for either address, and
 * another program may already listen on the other one.
 */
function openPublic(
  { address, port, meansLocalhost }: { address: string; port: number; meansLocalhost: boolean },
  open: (hostname: string, port: number) => BunServer,
): { servers: BunServer[]; skipped: Skipped | null } {
  const first = open(address === "localhost" ? "127.0.0.1" : address, port);
  const other = pairs.get(first.hostname ?? "");
  if (!meansLocalhost || other === undefined || first.port === undefined) return { servers: [first], skipped: null };
  try {
    return { servers: [first, open(other, first.port)], skipped: null };
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { servers: [first], skipped: { address: other, port: first.port, reason } };
  }
}
