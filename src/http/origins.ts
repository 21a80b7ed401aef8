/**
 * Whether a page may open a socket from its browser. A client that sends no Origin is no browser, and brings its
 * credentials in the open anyway. Without a list the Origin's host and port must be those of the Host header; the
 * scheme is not compared, because a proxy in front may have taken TLS off. `*` alone allows every origin; elsewhere `*`
 * stands for one label or more. Compared without case, byte by byte.
 */
export function createOriginCheck(allowedOrigins: readonly string[]): (origin: string | null, host: string) => boolean {
  const lower = allowedOrigins.map((origin) => origin.toLowerCase());
  if (lower.includes("*")) return () => true;
  const exact = new Set(lower.filter((origin) => !origin.includes("*")));
  const patterns = lower.filter((origin) => origin.includes("*")).map(patternOf);
  return (origin, host) => {
    if (origin === null) return true;
    const asked = origin.toLowerCase();
    if (lower.length === 0) return authorityOf(asked) === host.toLowerCase();
    return exact.has(asked) || patterns.some((matches) => matches(asked));
  };
}

/** What follows the scheme, where the Origin is of the form that browsers send (RFC 6454 7). */
function authorityOf(origin: string): string | null {
  return /^https?:\/\/([^/?#@\s]+)$/.exec(origin)?.[1] ?? null;
}

/** One `*` in a pattern takes labels: letters, digits, hyphens and dots, at least one. Linear: no backtracking. */
function patternOf(pattern: string): (origin: string) => boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.join("*");
  return (origin) => {
    if (origin.length <= head.length + tail.length || !origin.startsWith(head) || !origin.endsWith(tail)) return false;
    return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(origin.slice(head.length, origin.length - tail.length));
  };
}
