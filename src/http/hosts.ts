import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";

/** A Host header as it is read: a name in lower case or an address in its one written form, and the port that is said. */
export interface Host {
  readonly name: string;
  /** Null where none is said. */
  readonly port: number | null;
}

/** Why a Host header is not served, or null where it is. */
export type HostRefusal = "malformed" | "misdirected" | null;

/** What one listener answers for. */
export interface HostRule {
  /** `http_server.allowed_hosts`; an entry without a port allows every port. */
  readonly allowedHosts: readonly string[];
  /** Whether only `allowedHosts` are answered for; otherwise they are hosts beside the others. */
  readonly isExclusive: boolean;
  /** Whether the listener is on a loopback address. */
  readonly isLoopback: boolean;
  /** The name or address that the listener was opened with. */
  readonly ownName: string;
  /** Whether a name is the host of an allowed origin. */
  isOriginHost(name: string): boolean;
}

/** A name (RFC 3986 3.2.2 without its delimiters), or an address in brackets, perhaps with a zone; then a port. */
const hostPattern = /^(\[[0-9a-f:.]+(?:%(?:25)?[a-z0-9._~-]+)?\]|(?:[a-z0-9._~-]|%[0-9a-f]{2})+)(?::(\d{0,5}))?$/;

/** Reads a Host header. Null: missing, empty, doubled (Bun joins two with a comma) or malformed (RFC 9112 3.2). */
export function parseHost(header: string | null): Host | null {
  const match = hostPattern.exec(header?.toLowerCase() ?? "");
  if (!match) return null;
  const port = match[2] ? Number(match[2]) : null;
  return port !== null && port > 65_535 ? null : { name: canonicalName(match[1] ?? ""), port };
}

/** An IPv6 address in brackets in its one written form (RFC 5952); any other name as it is. */
export function canonicalName(name: string): string {
  if (!name.startsWith("[")) return name;
  const bare = name.slice(1, -1).replace(/%.*$/, "");
  return ipaddr.IPv6.isValid(bare) ? `[${ipaddr.IPv6.parse(bare).toString()}]` : name;
}

/**
 * Whether a listener answers for a Host header. The check protects pages and sockets from DNS rebinding: a page of
 * another site must not reach this server through a name of that site. An IP address is no name that a site can point
 * elsewhere. Without `isExclusive`, a listener on a loopback address answers for loopback names, IP addresses, its own name
 * and the hosts of allowed origins, and any other listener answers for every name.
 */
export function createHostCheck(rule: HostRule): (header: string | null) => HostRefusal {
  const ownName = withoutRoot(rule.ownName.toLowerCase());
  const isOwn = (name: string) => isLoopbackName(name) || isAddress(name) || name === ownName;
  const allowed = rule.allowedHosts.map(parseHost).filter((host) => host !== null);
  const isAllowed = ({ name, port }: Host) =>
    allowed.some((host) => host.name === name && (host.port === null || effective(host.port) === effective(port)));
  /** The last header that is served whatever the origins are: nearly all requests have the same one. */
  let served: string | null = null;
  const refusalOf = (header: string | null): HostRefusal => {
    const host = parseHost(header);
    if (host === null) return "malformed";
    const named = { ...host, name: withoutRoot(host.name) };
    const isServed = isAllowed(named) || (!rule.isExclusive && (!rule.isLoopback || isOwn(named.name)));
    if (isServed) served = header;
    return isServed || (!rule.isExclusive && rule.isOriginHost(named.name)) ? null : "misdirected";
  };
  return (header) => (header !== null && header === served ? null : refusalOf(header));
}

/** Whether a request says its host twice, so that two readers could take two hosts for it. */
export function isDoubled(header: string | null): boolean {
  return header?.includes(",") ?? false;
}

/** A default port is the same as none (RFC 6454 4); behind a proxy the scheme is not known, so both are. */
export function effective(port: number | null): number | null {
  return port === 80 || port === 443 ? null : port;
}

/** Whether a name or an address can only mean this machine. */
export function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return isLoopbackAddress(name.replace(/^\[|\]$/g, ""));
}

/** Whether an address is of this machine; also as an IPv4 address inside an IPv6 one. */
export function isLoopbackAddress(address: string): boolean {
  if (isIPv4(address)) return address.startsWith("127.");
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}

/** Whether a host is an IP address: four decimal numbers, or IPv6 in brackets. */
export function isAddress(name: string): boolean {
  if (name.startsWith("[")) return ipaddr.IPv6.isValid(name.slice(1, -1).replace(/%.*$/, ""));
  return ipaddr.IPv4.isValidFourPartDecimal(name);
}

/** `chat.example.` is `chat.example` (RFC 1034 3.1). */
function withoutRoot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
