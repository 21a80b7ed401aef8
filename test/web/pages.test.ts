import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../../src/core/log.ts";
import { createPages } from "../../src/web/pages.ts";
import { describePage } from "../support/page-rules.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const pages = createPages({ log: silent });
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: async (request) => (await pages.respond(request)) ?? new Response("nothing here\n", { status: 404 }),
});
afterAll(() => server.stop(true));

const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(new URL(path, server.url), init);

describePage(get);

describe("the page is bundled by itself", () => {
  test("[WP1] also where the project is a package of somebody's application", async () => {
    const application = await mkdtemp(join(tmpdir(), "chorus-page-"));
    try {
      const root = join(import.meta.dir, "../..");
      const installed = join(application, "node_modules", "chorus");
      await mkdir(installed, { recursive: true });
      await cp(join(root, "src"), join(installed, "src"), { recursive: true });
      await cp(join(root, "package.json"), join(installed, "package.json"));
      for (const name of await readdir(join(root, "node_modules"))) {
        if (!name.startsWith("."))
          await symlink(join(root, "node_modules", name), join(application, "node_modules", name));
      }
      await Bun.write(
        join(application, "app.ts"),
        `import { createPages } from "./node_modules/chorus/src/web/pages.ts";
         const log = { debug() {}, info() {}, warn() {}, error: (...words) => console.error(...words) };
         const page = await createPages({ log }).respond(new Request("http://localhost/"));
         console.log(page.status, (await page.text()).includes("/assets/"));`,
      );
      const run = Bun.spawn([process.execPath, "app.ts"], { cwd: application, stdout: "pipe", stderr: "pipe" });
      expect(await new Response(run.stderr).text()).toBe("");
      expect(await new Response(run.stdout).text()).toBe("200 true\n");
    } finally {
      await rm(application, { recursive: true });
    }
  });
});

describe("a path that is not the page's", () => {
  test.each([
    "/index.html",
    "/assets/",
    "/assets/nothing.js",
    "/assets",
    "/style.css",
    "/main.ts",
    "/ws",
    "/%2e%2e/x",
    "/%",
  ])("%s is null", async (path) => {
    expect(await pages.respond(new Request(`http://localhost${path}`))).toBeNull();
  });

  test("is told at once, without bundling", () => {
    expect(createPages({ log: silent }).respond(new Request("http://localhost/api/publish"))).toBeNull();
  });
});
