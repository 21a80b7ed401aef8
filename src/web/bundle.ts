import { matchesEtag } from "../http/etags.ts";
import { filesOf, type PageFolder } from "./files.ts";
import type { Lookup } from "./lookup.ts";

/** A file of the page, ready to be sent. */
interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where the bundler puts everything but the document; the rest of the server keeps out of this folder. */
const assetFolder = "assets/";

/** One document with its scripts and styles. */
export interface PageSource {
  /** The folder of its sources, beside this file. */
  readonly folder: PageFolder;
  /** The path of the document, with a slash at its end; its files are below. */
  readonly at: string;
}

/**
 * What the page may do. Scripts and styles come from our own files alone (no inline ones, no `eval`), and a string can
 * never become markup (trusted types), so a name or a text that is shown the wrong way by mistake still runs nothing.
 * `'self'` covers `ws:` and `wss:` to the same host and port (CSP level 3, 6.7.2.8). Previews of images are `blob:`.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const everyHeader = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

const documentHeaders = {
  ...everyHeader,
  "content-security-policy": contentSecurityPolicy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "origin-agent-cluster": "?1",
  "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
  "x-frame-options": "DENY",
  "cache-control": "no-cache",
};

/** The name of an asset holds a hash of its content, so it never changes under its name. */
const assetHeaders = { ...everyHeader, "cache-control": "public, max-age=31536000, immutable" };

/** A page of ours: bundled once, when it is first asked for. If that fails, the next request tries again. */
export function bundlePage({ folder, at }: PageSource): Lookup {
  let bundled: Promise<ReadonlyMap<string, Asset>> | null = null;
  const assets = (): Promise<ReadonlyMap<string, Asset>> => {
    bundled ??= assetsOf(folder).catch((error: unknown) => {
      bundled = null;
      throw error;
    });
    return bundled;
  };
  return (path, request) => {
    // Its links are relative: without the slash they would lead beside its folder.
    if (`${path}/` === at) return Promise.resolve(redirect(path));
    if (path !== at && !path.startsWith(at + assetFolder)) return null;
    return assets().then((map) => respond(map.get(path.slice(at.length)), request));
  };
}

function redirect(path: string): Response {
  const headers = { location: `.${path.slice(path.lastIndexOf("/"))}/`, "cache-control": "no-cache" };
  return new Response(null, { status: 307, headers });
}

function respond(asset: Asset | undefined, request: Request): Response | null {
  if (asset === undefined) return null;
  if (matchesEtag(request.headers.get("if-none-match"), asset.headers["etag"] ?? "")) {
    return new Response(null, { status: 304, headers: asset.headers });
  }
  return new Response(asset.body, { headers: asset.headers });
}

/** The files of a page with their headers. The document is "". */
async function assetsOf(folder: PageFolder): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>();
  for (const { path, type, body } of await filesOf(folder)) {
    const isDocument = path === "index.html";
    assets.set(isDocument ? "" : path, {
      body,
      headers: {
        "content-type": type,
        etag: `"${Bun.hash(body).toString(36)}"`,
        ...(isDocument ? documentHeaders : assetHeaders),
      },
    });
  }
  return assets;
}
