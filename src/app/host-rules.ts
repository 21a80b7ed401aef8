import type { Server } from "bun";
import type { Config } from "../config/config.ts";
import { createHostCheck, type HostRefusal, isLoopbackAddress } from "../http/hosts.ts";
import { createOriginHosts } from "../http/origins.ts";

/** Whether the listener that a request came to answers for its Host header. */
export type CheckHost = (header: string | null, server: Server<unknown>) => HostRefusal;

/**
 * One rule for each listener, by the address at which it really listens: a name in the configuration, such as that of the
 * machine, may resolve to a loopback address. `isExclusive`: `http_server.allowed_hosts` are all that is served.
 */
export function createHostRules({ http_server, client }: Config, isExclusive: boolean): CheckHost {
  const isOriginHost = createOriginHosts(client.allowed_origins);
  const checks = new WeakMap<Server<unknown>, (header: string | null) => HostRefusal>();
  const checkOf = (server: Server<unknown>) => {
    const check = createHostCheck({
      allowedHosts: http_server.allowed_hosts,
      isExclusive,
      isLoopback: isOfThisMachine(server),
      // That of a server that listens on all addresses is `localhost` (Bun 1.4.5); a unix socket has none.
      ownName: server.hostname ?? "",
      isOriginHost,
    });
    checks.set(server, check);
    return check;
  };
  return (header, server) => (checks.get(server) ?? checkOf(server))(header);
}

/** `address` is not in Bun's types. That of a unix socket is a path, and a socket file is of this machine. */
function isOfThisMachine(server: Server<unknown>): boolean {
  const { address } = server as { readonly address?: { readonly address: string } | string | null };
  return typeof address !== "object" || address === null || isLoopbackAddress(address.address);
}
