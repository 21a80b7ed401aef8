import type { TcpTable } from "../core/tcp.ts";
import { openTcpTable } from "./tcp.ts";

/** The machine's network, as far as the server uses it. Injected, so that a simulator can be in its place. */
export interface Network {
  /** Listens for HTTP and WebSockets; throws where that is not possible. */
  serve<Data>(options: Bun.Serve.Options<Data>): Bun.Server<Data>;
  /** Listens at an address for an instant; throws, with the `code` of the operating system, where that is not possible. */
  probe(hostname: string, port: number): void;
  /** The TCP connections of this process; null where the system does not list them. */
  readonly tcp: TcpTable | null;
}

export const systemNetwork: Network = {
  serve: (options) => Bun.serve(options),
  tcp: openTcpTable(),
  probe: (hostname, port) => void Bun.listen({ hostname, port, socket: { data: () => {} } }).stop(true),
};
