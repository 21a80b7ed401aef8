import type { Log } from "../core/log.ts";
import { answer, methodNotAllowed } from "../http/responses.ts";
import { bundlePage } from "./bundle.ts";
import { openFolder } from "./folder.ts";
import type { Lookup } from "./lookup.ts";

/** What a browser is served: our page, or a configured folder. */
export interface Pages {
  /**
   * The answer to a request for the page or one of its files; null where the path belongs to neither, so that the caller
   * says 404. A path that exists but was asked for with another method than GET or HEAD gets 405. Never throws and never
   * rejects: what goes wrong inside is logged and answered with 500.
   */
  respond(request: Request): Promise<Response | null> | Response | null;
}

export interface PagesOptions {
  /** A folder that is served at `/` instead of our page; relative paths start at the working directory. */
  readonly directory?: string;
  readonly log: Log;
}

/**
 * Serves our page, bundled in memory at the first request, or the folder that `directory` names. Ask it last: in a folder
 * any path may be a file.
 */
export function createPages({ directory, log }: PagesOptions): Pages {
  return createLookupPages(
    directory === undefined ? bundlePage({ folder: "page", at: "/" }) : openFolder(directory),
    log,
  );
}

function createLookupPages(lookup: Lookup, log: Log): Pages {
  return {
    respond(request) {
      // Bun builds the address from the Host header, which need not be a host's name.
      const path = URL.parse(request.url)?.pathname;
      if (path === undefined) return null;
      const found = lookup(path, request);
      return found && readOnly(found, request).catch((error: unknown) => failed({ error, path, log }));
    },
  };
}

async function readOnly(found: Promise<Response | null>, { method }: Request): Promise<Response | null> {
  const response = await found;
  if (response === null || method === "GET" || method === "HEAD") return response;
  return methodNotAllowed("GET, HEAD");
}

/** Serves the pages of the console below `/console/`. */
export function createConsolePages(log: Log): Pages {
  return createLookupPages(bundlePage({ folder: "console", at: "/console/" }), log);
}

function failed({ error, path, log }: { error: unknown; path: string; log: Log }): Response {
  log.error("page.failed", { path, error: error instanceof Error ? error.message : String(error) });
  return answer(500, "The page could not be made: the server's log says why.", { "Cache-Control": "no-store" });
}
