import type { Server } from "bun";
import type { UpgradeRequest } from "../core/socket.ts";
import type { ClientAddress, createAddressReader } from "../http/addresses.ts";
import { answer, shuttingDown } from "../http/responses.ts";
import type { Admission, AdmissionRefusal } from "./admission.ts";
import type { RefuseUpgrade } from "./refusals.ts";

/** Where a connection comes from. */
interface Peer extends ClientAddress {
  /** The port of the peer, which may be a proxy; 0 where it has none. */
  readonly peerPort: number;
  /** The request; null where no part of the server reads it. */
  readonly upgrade: UpgradeRequest | null;
  /** The user that a header names; absent where none does. */
  readonly headerUser?: string;
}

/** What admitting a connection needs to know. */
export interface EntrancePorts {
  readonly refuse: RefuseUpgrade;
  readonly admission: Admission;
  readonly addresses: ReturnType<typeof createAddressReader>;
  /** Whether the application reads the requests that connections began with. */
  readonly keepsRequests: boolean;
  /** The header that names the user; "" where none does. */
  readonly userHeader: string;
  isDraining(): boolean;
  /** Told once of a forwarded header from a peer that is no trusted proxy. */
  untrustedForward(peer: string): void;
}

/** Where a request that opens a connection comes from; a response where no more connections are admitted. */
export type Entrance = (request: Request, server: Server<unknown>, path: string) => Peer | Response;

const refusals: Record<AdmissionRefusal, () => Response> = {
  connection_limit: () => answer(503, "The server is full: try again later.", { "Retry-After": "10" }),
  address_limit: () => answer(429, "Too many connections from your address.", { "Retry-After": "10" }),
  rate_limit: () => answer(503, "Too many connections at once: try again in a second.", { "Retry-After": "1" }),
};

/** The limits that hold for connections of every transport. */
export function createEntrance(ports: EntrancePorts): Entrance {
  return (request, server, path) => {
    const refuse = (reason: string, response: Response) => ports.refuse(request, path, { reason, response });
    if (ports.isDraining()) return refuse("draining", shuttingDown());
    const peer = peerOf(request, server, ports);
    const refusal = ports.admission.refusalFor(peer.limitKey);
    return refusal ? refuse(refusal, refusals[refusal]()) : peer;
  };
}

function peerOf(request: Request, server: Server<unknown>, ports: EntrancePorts): Peer {
  const { address: peer, port: peerPort } = server.requestIP(request) ?? { address: "unix", port: 0 };
  const forwarded = request.headers.get("x-forwarded-for");
  if (forwarded !== null && !ports.addresses.isTrusted(peer)) ports.untrustedForward(peer);
  const upgrade = ports.keepsRequests ? { url: request.url, headers: new Headers(request.headers) } : null;
  const user = ports.userHeader === "" ? null : request.headers.get(ports.userHeader);
  return { ...ports.addresses.read(peer, forwarded), peerPort, upgrade, ...(user && { headerUser: user }) };
}
