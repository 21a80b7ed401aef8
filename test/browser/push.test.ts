import { expect, setDefaultTimeout, test } from "bun:test";
import { startServer } from "../../src/server.ts";
import { describeInBrowser } from "../support/browser.ts";
import { testTimeout } from "../support/patience.ts";
import { openConfig } from "./config.ts";
import { nextText, plainClient } from "./plain-client.ts";
import { startPushServer } from "./push-server.ts";
import { PushWindow } from "./push-window.ts";

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

  test("without a key it shows the command that sets one", async () => {
    const server = await startServer(openConfig());
    try {
      const { page, faults } = await windows.open(`${server.url}/#push`, { permissions: ["clipboard-write"] });
      const command = page.getByText("CHORUS_HTTP_API_KEY=secret bun run src/main.ts");
      expect(await command.isVisible()).toBe(true);
      await page.getByRole("button", { name: "Copy the command" }).click();
      await page.getByRole("button", { name: "Copied" }).waitFor();
      await page.getByLabel("API key").fill("a key");
      expect(await command.isVisible()).toBe(false);
      expect(faults).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test("on a phone the lines of the log are whole", async () => {
    await using api = await startPushServer();
    const { page } = await windows.open(`${api.url}/#push`, { viewport: { width: 360, height: 640 } });
    await api.call("publish", { channel: "a-channel-with-a-rather-long-name", data: 1 });
    await page.getByLabel("API key").fill(api.key);
    await page.getByRole("button", { name: "Follow the log" }).click();
    const line = page.locator("#push-log tbody tr").first();
    await line.waitFor();
    expect(
      await line.evaluate((row) => row.scrollWidth <= row.clientWidth && row.getBoundingClientRect().right <= 360),
    ).toBe(true);
    for (const heading of ["Outcome", "Reached", "Size"]) {
      const cell = line.locator(`td[data-label="${heading}"]`);
      expect(await cell.evaluate((element) => getComputedStyle(element, "::before").content)).toContain(heading);
    }
  });

  test("[WP91] what is pushed to a channel arrives, is told with its offset, and is a new line of the log", async () => {
    await using api = await startPushServer();
    const received = nextText(await plainClient(api.url, "news"));
    const back = await PushWindow.open(windows, api.url);
    await back.press("Follow the log");
    await back.page.getByText("Nothing was pushed yet.").waitFor();
    await back.push("news", '{"n": 1}');
    await back.outcome("Published with offset 1.");
    expect(await received).toBe('{"n":1}');
    await back.line("news", "ok", "publish", "default", "7 bytes").waitFor();
    // From elsewhere as well, while it is followed.
    await api.call("broadcast", { channels: ["news", "no:x"], data: 2 });
    await back.line("no:x", "refused (102)", "broadcast").waitFor();
    expect(await back.lines.count()).toBe(3);
    await back.press("Stop following");
    expect(back.faults).toEqual([]);
  });

  test("a push to a user reaches both of the user's connections, and one to an absent user waits", async () => {
    await using api = await startPushServer();
    const [first, second] = [await api.client("ann"), await api.client("ann")];
    const back = await PushWindow.open(windows, api.url);
    await back.push("ann", "hello", { to: "a user, wherever connected" });
    await back.outcome("Sent to 2 connections.");
    expect([await first.messages.next(), await second.messages.next()]).toEqual(["hello", "hello"]);
    await back.push("bob", "later", { to: "a user, wherever connected", keep: "60" });
    await back.outcome("Nobody is connected: it is kept and sent at the next connect.");
    await back.press("Follow the log");
    await back.line("bob", "waits", "send").waitFor();
    const bob = await api.client("bob");
    expect(await bob.messages.next()).toBe("later");
    await back.line(bob.id, "delivered later").waitFor();
    expect(back.faults).toEqual([]);
  });

  test("a wrong key and what the API refuses are told in words, as is data that is no JSON", async () => {
    await using api = await startPushServer();
    const back = await PushWindow.open(windows, api.url, "no key of ours");
    await back.push("news", "hello");
    await back.outcome("The API key is not right.");
    expect(await back.page.locator("#push-outcome").getAttribute("data-at")).toBe("refused");
    await back.press("Follow the log");
    await back.page.locator("#push-log-state").filter({ hasText: "The API key is not right." }).waitFor();
    await back.page.getByLabel("API key").fill("apikey");
    await back.push("no:x", "hello");
    await back.outcome("Refused: unknown channel (102).");
    await back.push("news, no:x", "hello", { to: "several channels" });
    await back.outcome("Published to 1 of 2 channels; refused: unknown channel.");
    await back.push("news", '{"n": 1,}');
    await back.outcome("Published with offset 2. The data went as a text: it is no JSON.");
    const { publications } = await api.history("news");
    expect(publications.map(({ data }) => data)).toEqual(["hello", '{"n": 1,}']);
  });

  test("older pushes are shown page by page, each once, and following goes back to the newest", async () => {
    await using api = await startPushServer();
    const names = Array.from({ length: 120 }, (_, index) => `c${index}`).toReversed();
    const commands = names.toReversed().map((channel) => ({ publish: { channel, data: 1 } }));
    await api.call("batch", { commands });
    const back = await PushWindow.open(windows, api.url);
    await back.press("Follow the log");
    for (const shown of [50, 100]) {
      await back.lines.nth(shown - 1).waitFor();
      expect(await back.lines.locator("td:nth-child(2)").allTextContents()).toEqual(names.slice(0, shown));
      await back.press("Show older pushes");
    }
    await back.lines.nth(119).waitFor();
    expect(await back.lines.locator("td:nth-child(2)").allTextContents()).toEqual(names);
    expect(await back.page.getByRole("button", { name: "Show older pushes" }).isVisible()).toBe(false);
    await api.call("publish", { channel: "newest", data: 1 });
    await back.press("Follow the log");
    await back.line("newest").waitFor();
    expect(await back.lines.count()).toBe(50);
    expect(back.faults).toEqual([]);
  });
});
