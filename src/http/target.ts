/** What a request asks for: the path as it came, and the parsed query. */
export interface RequestTarget {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Most requests have no query; none is changed. */
const noQuery = new URLSearchParams();

/**
 * Reads the target of a request by hand. `new URL` throws on a Host header that is no host name, and Bun builds
 * `request.url` from just that header; without a Host that can be read it is the target alone (Bun 1.4.5).
 */
export function targetOf(url: string): RequestTarget {
  const start = url.startsWith("/") ? 0 : startOfPath(url);
  if (start < 0) return { path: "", query: noQuery };
  const mark = url.indexOf("?", start);
  if (mark < 0) return { path: url.slice(start), query: noQuery };
  return { path: url.slice(start, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

function startOfPath(url: string): number {
  const authority = url.indexOf("://");
  return authority < 0 ? -1 : url.indexOf("/", authority + 3);
}
