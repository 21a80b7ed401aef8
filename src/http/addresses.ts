import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";
import { isLoopbackAddress } from "./hosts.ts";

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Where a client is. */
export interface ClientAddress {
  /** Its address, or that of the last proxy on the way to it that could be read. */
  readonly address: string;
  /** What `client.address_connection_limit` counts it by; null where it is not counted. */
  readonly limitKey: string | null;
}

/** How addresses are read. */
export interface AddressOptions {
  readonly trustedProxies: readonly string[];
  /** Bits of an IPv6 address that are counted as one: a household is given a network, and not an address. */
  readonly ipv6Prefix: number;
  /** Called with an entry of a trusted proxy that is no address. */
  unreadable(entry: string): void;
}

/**
 * Reads the address of a client. `X-Forwarded-For` is believed only from the proxies that are trusted; each of them
 * appends the address that it saw, in one of the forms of RFC 7239 section 6, so the right-most one that is no trusted
 * proxy is the client. An entry that cannot be read ends the search; its clients are not counted, because they would
 * all count as one.
 */
export function createAddressReader({ trustedProxies, ipv6Prefix, unreadable }: AddressOptions) {
  const networks = trustedProxies.map(networkOf);
  const isTrusted = (address: string) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return networks.some((network) => parsed.kind() === network[0].kind() && parsed.match(network));
  };
  const counted = (address: string): ClientAddress => ({ address, limitKey: limitKeyOf(address, ipv6Prefix) });
  return {
    isTrusted,
    /** `forwarded` is the header's value, all its lines joined by commas. */
    read(peer: string, forwarded: string | null): ClientAddress {
      const own = canonical(peer) ?? peer;
      if (forwarded === null || !isTrusted(own)) return counted(own);
      let client = own;
      for (const hop of forwarded.split(",").reverse()) {
        const entry = hop.trim();
        if (entry === "") continue;
        const address = addressOfNode(entry);
        if (address === null) {
          unreadable(entry);
          return { address: client, limitKey: null };
        }
        client = address;
        if (!isTrusted(address)) return counted(address);
      }
      return counted(client);
    },
  };
}

/**
 * The address of a node as RFC 7239 section 6 writes it: an address or an identifier that hides one (`_gateway`), with a
 * port or without, perhaps in quotes. Bare IPv6 is read as well. Null: `unknown`, or nothing of the kind.
 */
function addressOfNode(entry: string): string | null {
  const node = /^"(.*)"$/.exec(entry)?.[1] ?? entry;
  const [, bracketed, dotted, hidden] =
    /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+)|(_[A-Za-z0-9._-]+))(?::(?:\d{1,5}|_[A-Za-z0-9._-]+))?$/.exec(node) ?? [];
  return hidden ?? canonical(bracketed ?? dotted ?? node);
}

/** An address in its one written form, without a zone; null for what is none. IPv4 has no other form. */
function canonical(address: string): string | null {
  if (isIPv4(address)) return address;
  const bare = address.replace(/%.*$/, "");
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return null;
  return ipaddr.process(bare).toString();
}

/** Loopback addresses are not counted, nor what has no address: everyone behind a local proxy is one of them. */
function limitKeyOf(address: string, ipv6Prefix: number): string | null {
  if (address.startsWith("_")) return address;
  if (isLoopbackAddress(address)) return null;
  if (isIPv4(address)) return address;
  if (!ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return address;
  return ipaddr.IPv6.networkAddressFromCIDR(`${address}/${ipv6Prefix}`).toString();
}

function networkOf(text: string): Network {
  if (text.includes("/")) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/** An address as sixteen bytes in hexadecimal, an IPv4 one as mapped into IPv6; "" where it is none. */
export function bytesOfAddress(address: string): string {
  if (!ipaddr.isValid(address)) return "";
  const parsed = ipaddr.parse(address);
  const long = parsed instanceof ipaddr.IPv4 ? parsed.toIPv4MappedAddress() : parsed;
  return Uint8Array.from(long.toByteArray()).toHex();
}
