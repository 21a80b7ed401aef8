/** What a request asks for: the path as it came, and the parsed query. */
export interface RequestTarget {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Most requests have no query; nobody changes one. */
const noQuery = new URLSearchParams();

/**
 * Reads the target of a request by hand. `new URL` throws on a Host header that is no host name, and Bun builds
 * `request.url` from just that header.
 */
export function targetOf(url: string): RequestTarget {
  const authority = url.indexOf("://");
  const start = authority < 0 ? -1 : url.indexOf("/", authority + 3);
  if (start < 0) return { path: "", query: noQuery };
  const mark = url.indexOf("?", start);
  if (mark < 0) return { path: url.slice(start), query: noQuery };
  return { path: url.slice(start, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}
