/**
 * Whether `If-None-Match` names the version that is served (RFC 9110 13.1.2): `*`, or a list in which one tag is the
 * same by the weak comparison, which does not look at `W/`.
 */
export function matchesEtag(header: string | null, etag: string): boolean {
  if (header === null) return false;
  if (header.trim() === "*") return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => opaque(tag) === opaque(etag));
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, "");
}
