import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log, LogFields } from "../../src/core/log.ts";
import { createPages } from "../../src/web/pages.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const lines: [string, LogFields | undefined][] = [];
const log: Log = { debug() {}, info() {}, warn() {}, error: (event, fields) => lines.push([event, fields]) };
let home: string;
let site: string;
let server: Bun.Server<undefined>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "chorus-folder-"));
  site = join(home, "site");
  await mkdir(join(site, "sub"), { recursive: true });
  await mkdir(join(home, "site-secrets"));
  const files: [string, string][] = [
    ["site/index.html", "<p>mine</p>"],
    ["site/app.js", "1"],
    ["site/style.css", "p{}"],
    ["site/data.json", "{}"],
    ["site/two words ü.txt", "words"],
    ["site/unknown.zzz", "zzz"],
    ["site/.env", "SECRET"],
    ["site/sub/index.html", "sub"],
    ["site/sub/.git", "SECRET"],
    ["site/.well-known/security.txt", "Contact: mailto:a@b.example"],
    ["site/.well-known/.hidden", "SECRET"],
    ["site/sub/.well-known/x", "SECRET"],
    ["site/a..b.txt", "dots"],
    ["secret.txt", "SECRET"],
    ["site-secrets/secret.txt", "SECRET"],
  ];
  for (const [path, content] of files) await Bun.write(join(home, path), content);
  await symlink(join(home, "secret.txt"), join(site, "out.txt"));
  await symlink(join(home, "site-secrets"), join(site, "out"));
  await symlink("..", join(site, "up"));
  await symlink(".env", join(site, "env.txt"));
  await symlink("app.js", join(site, "inside.js"));
  await symlink("loop", join(site, "loop"));
  expect(Bun.spawnSync(["mkfifo", join(site, "pipe")]).exitCode).toBe(0);
  const pages = createPages({ directory: site, log });
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => (await pages.respond(request)) ?? new Response("nothing here\n", { status: 404 }),
  });
});

afterAll(async () => {
  await server.stop(true);
  await rm(home, { recursive: true });
});

const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(new URL(path, server.url), init);

/** A request whose target goes over the wire as it is written: `fetch` would tidy it up. */
function rawGet(target: string, host = "localhost"): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = "";
  const socket = connect(server.port ?? 0, "127.0.0.1", () =>
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
  );
  socket.on("data", (chunk) => {
    answer += chunk.toString();
  });
  socket.on("close", () => resolve(answer));
  socket.on("error", reject);
  return promise;
}

describe("a folder of one's own", () => {
  test.each([
    ["/", "<p>mine</p>", "text/html;charset=utf-8"],
    ["/index.html", "<p>mine</p>", "text/html;charset=utf-8"],
    ["/app.js", "1", "text/javascript;charset=utf-8"],
    ["/style.css?v=2", "p{}", "text/css;charset=utf-8"],
    ["/data.json", "{}", "application/json;charset=utf-8"],
    ["/two%20words%20%C3%BC.txt", "words", "text/plain;charset=utf-8"],
    ["/unknown.zzz", "zzz", "application/octet-stream"],
    ["/sub/", "sub", "text/html;charset=utf-8"],
    ["/a..b.txt", "dots", "text/plain;charset=utf-8"],
    ["/inside.js", "1", "text/javascript;charset=utf-8"],
  ])("[WP6] %s", async (path, body, type) => {
    const response = await get(path);
    expect([response.status, await response.text(), response.headers.get("content-type")]).toEqual([200, body, type]);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-security-policy")).toBeNull();
    expect(response.headers.get("cache-control")).toBe("no-cache");
  });

  test("[WP6] /.well-known is served (RFC 8615), and no other name with a dot at its beginning", async () => {
    expect(await (await get("/.well-known/security.txt")).text()).toBe("Contact: mailto:a@b.example");
    for (const path of ["/.well-known/.hidden", "/sub/.well-known/x", "/.well-known/../.env", "/.well-known"]) {
      expect([path, await rawGet(path)]).toEqual([path, expect.not.stringContaining("SECRET")]);
    }
  });

  test("[WP3] a version that is named by a weak tag, in a list or by * is 304", async () => {
    const etag = (await get("/app.js")).headers.get("etag") ?? "";
    for (const header of [etag, etag.replace(/^W\//, ""), `"x", ${etag}`, "*"]) {
      const response = await get("/app.js", { headers: { "if-none-match": header } });
      expect([header, response.status]).toEqual([header, 304]);
    }
    expect((await get("/app.js", { headers: { "if-none-match": '"x"' } })).status).toBe(200);
  });

  test("[WP6] a folder in it gets its slash, so that relative links lead into it", async () => {
    const response = await get("/sub?a=1", { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([307, "./sub/?a=1"]);
  });

  test("[WP6] HEAD has no body, another method is 405, an unchanged file 304, a part 206", async () => {
    const head = await get("/app.js", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "1", ""]);
    expect((await get("/app.js", { method: "POST" })).status).toBe(405);
    expect((await get("/nothing.js", { method: "POST" })).status).toBe(404);
    const etag = (await get("/app.js")).headers.get("etag") ?? "";
    expect((await get("/app.js", { headers: { "if-none-match": etag } })).status).toBe(304);
    expect(await (await get("/index.html", { headers: { range: "bytes=3-6" } })).text()).toBe("mine");
  });

  test("[WP6] a change is seen at the next request", async () => {
    await Bun.write(join(site, "page.txt"), "one");
    const first = await get("/page.txt");
    expect(await first.text()).toBe("one");
    await Bun.write(join(site, "page.new"), "second");
    await rename(join(site, "page.new"), join(site, "page.txt"));
    const second = await get("/page.txt", { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
    expect(await second.text()).toBe("second");
  });
});

describe("nothing outside of the folder, and nothing hidden in it", () => {
  test.each([
    "/../secret.txt",
    "/sub/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/..%2Fsecret.txt",
    "/sub/..%2f..%2fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/sub%2findex.html",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/%252e%252e%252fsecret.txt",
    "/....//secret.txt",
    "/..;/secret.txt",
    "/../site-secrets/secret.txt",
    "//secret.txt",
    "/sub//index.html",
    "/./index.html%00.js",
    "/index.html%00",
    "/%",
    "/%zz",
    "/%c0%ae%c0%ae/secret.txt",
    "/%ff",
    "/.env",
    "/%2eenv",
    "/sub/.git",
    "/.",
    "/sub/.%2e/index.html",
    "/out.txt",
    "/out/secret.txt",
    "/up/secret.txt",
    "/up/site/index.html",
    "/env.txt",
    "/loop",
    "/pipe",
    "/app.js/",
    "/app.js/index.html",
    "/nothing.html",
    "/INDEX.HTML",
    `/${"a".repeat(5000)}`,
    `/${"a/".repeat(2000)}`,
    "http://127.0.0.1/../secret.txt",
    "/C:/secret.txt",
    "/con",
  ])("T76 %s", async (target) => {
    const answer = await rawGet(target);
    // A target that the client's own rules make into the index is no way out either.
    if (!answer.startsWith("HTTP/1.1 200")) expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    else expect(answer).toEndWith("<p>mine</p>");
    expect(answer).not.toContain("SECRET");
  });
});

describe("a fault", () => {
  test.each(["[", "a b", "%", "x:99999", "\\", "a/../../secret.txt"])(
    "a Host header of %j is no page's",
    async (host) => {
      const answer = await rawGet("/index.html", host);
      expect(answer).not.toContain("SECRET");
      expect(answer).not.toContain("HTTP/1.1 5");
    },
  );

  test("is one line to the client and one in the log, and never a throw", async () => {
    const gone = createPages({ directory: join(home, "gone"), log });
    lines.length = 0;
    const response = await gone.respond(new Request("http://localhost/"));
    expect(response?.status).toBe(500);
    expect(await response?.text()).toBe("The page could not be made: the server's log says why.\n");
    expect(lines).toEqual([["page.failed", { path: "/", error: expect.stringContaining("ENOENT") }]]);
  });
});
