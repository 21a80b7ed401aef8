import ipaddr from "ipaddr.js";

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/**
 * Where a client really is. `X-Forwarded-For` is believed only from the proxies that are trusted; each of them appends
 * the address that it saw, so the right-most one that is no trusted proxy is the client. Anything unreadable on the way
 * there ends the search at the peer itself.
 */
export function createAddressReader(trustedProxies: readonly string[]) {
  const networks = trustedProxies.map(networkOf);
  const isTrusted = (address: string) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return networks.some((network) => parsed.kind() === network[0].kind() && parsed.match(network));
  };
  return {
    isTrusted,
    /** `forwarded` is the header's value, all its lines joined by commas. */
    read(peer: string, forwarded: string | null): string {
      if (forwarded === null || networks.length === 0) return peer;
      const own = canonical(peer) ?? peer;
      if (!isTrusted(own)) return own;
      const hops = forwarded.split(",");
      let client = own;
      while (hops.length > 0) {
        const hop = canonical((hops.pop() ?? "").trim());
        if (hop === null) return client;
        client = hop;
        if (!isTrusted(hop)) return hop;
      }
      return client;
    },
  };
}

/** An address in its one written form, without a zone; null for what is none. */
function canonical(address: string): string | null {
  const bare = address.replace(/%.*$/, "");
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : null;
}

function networkOf(text: string): Network {
  if (text.includes("/")) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}
