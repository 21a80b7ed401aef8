import { describe, expect, test } from "bun:test";

type Get = (path: string, init?: RequestInit) => Promise<Response>;

/** What holds for the page and its files, whoever serves them; `get` asks for a path of the server. */
export function describePage(get: Get): void {
  /** Every address that the document loads something from. */
  async function assetPaths(): Promise<string[]> {
    const html = await (await get("/")).text();
    return [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path ?? "");
  }

  describe("the files of the page", () => {
    test("[WP1] and everything that it loads is our own and there, with its type", async () => {
      const page = await get("/");
      expect(page.status).toBe(200);
      expect(page.headers.get("content-type")).toBe("text/html;charset=utf-8");
      const types = new Map<string, string | null>();
      for (const path of await assetPaths()) {
        expect(path).toMatch(/^\.\/assets\/[\w-]+-[a-z0-9]{8}\.(js|css|svg)$/);
        const asset = await get(path);
        expect(asset.status).toBe(200);
        expect((await asset.bytes()).byteLength).toBeGreaterThan(100);
        types.set(path.slice(path.lastIndexOf(".")), asset.headers.get("content-type"));
      }
      expect(Object.fromEntries(types)).toEqual({
        ".js": "text/javascript;charset=utf-8",
        ".css": "text/css;charset=utf-8",
        ".svg": "image/svg+xml",
      });
    });
  });

  describe("the headers of the page", () => {
    test("[WP2] T73 T77 let it load, run and talk to its own server alone, and nobody frame it", async () => {
      const { headers } = await get("/");
      const policy = new Map(
        (headers.get("content-security-policy") ?? "").split("; ").map((directive) => {
          const [name = "", ...sources] = directive.split(" ");
          return [name, sources.join(" ")];
        }),
      );
      expect(Object.fromEntries(policy)).toEqual({
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
      });
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    });

    test("[WP2] T73 T77 are on every file that could be opened by itself", async () => {
      for (const path of ["/", ...(await assetPaths())]) {
        const { headers } = await get(path);
        expect([path, headers.get("x-content-type-options")]).toEqual([path, "nosniff"]);
        expect([path, headers.get("referrer-policy")]).toEqual([path, "no-referrer"]);
        expect([path, headers.get("cross-origin-resource-policy")]).toEqual([path, "same-origin"]);
      }
    });

    test("[WP2] T73 T77 the document has no script, style or handler of its own, which the policy would stop", async () => {
      const html = await (await get("/")).text();
      expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i);
    });
  });

  describe("caching", () => {
    test("[WP3] an asset is kept for good, the document is asked for each time", async () => {
      expect((await get("/")).headers.get("cache-control")).toBe("no-cache");
      for (const path of await assetPaths()) {
        expect((await get(path)).headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      }
    });

    test("[WP3] what has not changed is not sent again", async () => {
      for (const path of ["/", ...(await assetPaths())]) {
        const etag = (await get(path)).headers.get("etag") ?? "";
        expect(etag).toMatch(/^"\w+"$/);
        const again = await get(path, { headers: { "if-none-match": etag } });
        expect([path, again.status, await again.text()]).toEqual([path, 304, ""]);
        expect((await get(path, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
      }
    });
  });

  describe("methods", () => {
    test("HEAD is GET without the body", async () => {
      for (const path of ["/", ...(await assetPaths())]) {
        const head = await get(path, { method: "HEAD" });
        const { headers } = await get(path);
        expect([path, head.status, await head.text()]).toEqual([path, 200, ""]);
        expect(head.headers.get("content-length")).toBe(headers.get("content-length"));
        expect(head.headers.get("etag")).toBe(headers.get("etag"));
      }
    });

    test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("%s is 405, and says what works", async (method) => {
      const response = await get("/", { method });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toBe("GET, HEAD");
      expect(await response.text()).toBe("Method not allowed: use GET, HEAD.\n");
    });
  });
}
