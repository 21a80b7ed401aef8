import { access, constants, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { matchesEtag } from "../http/etags.ts";
import type { Lookup } from "./lookup.ts";

/**
 * A configured folder: its files by path, `index.html` for a folder in it. What it does not serve, it does not know:
 * nothing outside of the folder (by `..`, an encoded slash or a symbolic link), nothing whose name begins with a dot,
 * nothing that is not a regular file.
 */
export function openFolder(directory: string): Lookup {
  const root = resolve(directory);
  return (path, request) => {
    const names = namesIn(path);
    return names && serve(root, names, request);
  };
}

/** The names between the slashes of a URL's path; null where one of them could mean more than a name. */
function namesIn(path: string): string[] | null {
  // A slash that hides in an escape would make one segment into two after it was looked at.
  if (/%2f|%5c|%00/i.test(path)) return null;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return null;
  }
  const names = decoded.split("/").slice(1);
  if (names.at(-1) === "") names[names.length - 1] = "index.html";
  return (names[0] === wellKnown ? names.slice(1) : names).every(isPlain) ? names : null;
}

/** The one name with a dot that a site serves on purpose (RFC 8615): certificates, security.txt, links of apps. */
const wellKnown = ".well-known";

function isPlain(name: string): boolean {
  return name !== "" && !name.startsWith(".") && !/[\\\0]/.test(name);
}

async function serve(root: string, names: string[], request: Request): Promise<Response | null> {
  // Looked up anew each time, so that a folder which is a link to the current release can be switched.
  const realRoot = await realpath(root);
  const file = await follow(join(realRoot, ...names));
  if (file === null || !isInside(realRoot, file)) return null;
  const facts = await stat(file);
  if (facts.isDirectory()) return redirectToFolder(new URL(request.url));
  if (!facts.isFile()) return null;
  const headers = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
    etag: `W/"${facts.size.toString(36)}-${Math.trunc(facts.mtimeMs).toString(36)}"`,
  };
  if (matchesEtag(request.headers.get("if-none-match"), headers.etag))
    return new Response(null, { status: 304, headers });
  return new Response(Bun.file(file), { headers });
}

/** The file behind all symbolic links; null where there is none that this process may read. */
async function follow(path: string): Promise<string | null> {
  try {
    const file = await realpath(path);
    await access(file, constants.R_OK);
    return file;
  } catch (error) {
    if (absences.has(error instanceof Error && "code" in error ? error.code : null)) return null;
    throw error;
  }
}

/** What the system says of a path that leads nowhere; everything else is a fault worth a line in the log. */
const absences: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EACCES"]);

/** A link may lead to another plain file of the folder, and to nothing else. */
function isInside(root: string, file: string): boolean {
  const way = relative(root, file);
  const names = way.split(sep);
  return (
    !isAbsolute(way) && (names[0] === wellKnown ? names.slice(1) : names).every((name) => way === "" || isPlain(name))
  );
}

/**
 * With the slash at its end, so that relative links in its `index.html` lead into the folder. Relative itself, because a
 * proxy may serve the folder below a path of its own.
 */
function redirectToFolder({ pathname, search }: URL): Response {
  return new Response(null, {
    status: 307,
    headers: { location: `./${pathname.slice(pathname.lastIndexOf("/") + 1)}/${search}`, "cache-control": "no-cache" },
  });
}
