import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { startServer } from "../../src/server.ts";
import { describeInBrowser } from "../support/browser.ts";
import { testTimeout } from "../support/patience.ts";
import { openConfig } from "./config.ts";

setDefaultTimeout(testTimeout);

describeInBrowser("a page of one's own, served from web.directory", (windows) => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    server = await startServer(openConfig({ directory: join(import.meta.dir, "own-page") }));
  });
  afterAll(() => server?.stop());

  test("works with nothing but the browser's WebSocket and the file framing", async () => {
    const [ann, ben] = [await windows.open(server.url), await windows.open(server.url)];
    for (const { page } of [ann, ben]) await page.getByText("open", { exact: true }).waitFor();

    await ann.page.getByLabel("Text").fill("Hello <b>Ben</b>");
    await ann.page.getByLabel("Text").press("Enter");
    await ben.page.getByText("text: Hello <b>Ben</b>").waitFor();

    const content = Buffer.alloc(1_000_000, "Chorus");
    const sum = content.reduce((total, byte) => (total + byte) % 65_521, 0);
    await ben.page.getByLabel("File").setInputFiles({ name: "Grüße 🎉.bin", mimeType: "", buffer: content });
    await ann.page.getByText(`file: Grüße 🎉.bin, 1000000 bytes, sum ${sum}`).waitFor();

    expect(await ann.page.locator("#received li").count()).toBe(1);
    expect(await ben.page.locator("#received li").count()).toBe(1);
    expect([...ann.faults, ...ben.faults]).toEqual([]);
  });
});
