import { expect, setDefaultTimeout, test } from "bun:test";
import { startServer } from "../../src/server.ts";
import { describeInBrowser } from "../support/browser.ts";
import { testTimeout } from "../support/patience.ts";
import { openConfig } from "./config.ts";

setDefaultTimeout(testTimeout);

describeInBrowser("the Push tab", (windows) => {
  test("[WP90] where the API is off it says so, and how to switch it on", async () => {
    const server = await startServer(openConfig());
    try {
      const { page } = await windows.open(`${server.url}/#push`);
      await page.getByLabel("API key").fill("a key");
      await page.getByLabel("Data").fill("hello");
      await page.getByRole("button", { name: "Push", exact: true }).click();
      await page.getByRole("status").filter({ hasText: "The HTTP API is off: set http_api.key" }).waitFor();
      await page.getByRole("button", { name: "Follow the log" }).click();
      await page.locator("#push-log-state").filter({ hasText: "The HTTP API is off" }).waitFor();
      expect(await page.getByRole("button", { name: "Follow the log" }).getAttribute("aria-pressed")).toBe("false");
      expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, location.href]))).not.toContain("a key");
    } finally {
      await server.stop();
    }
  });
});
