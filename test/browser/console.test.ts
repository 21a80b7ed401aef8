import { expect, setDefaultTimeout, test } from "bun:test";
import { Centrifuge } from "centrifuge";
import type { Page } from "playwright-core";
import { describeInBrowser } from "../support/browser.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { testTimeout } from "../support/patience.ts";
import { freshPushPath } from "../support/push-path.ts";
import { startWithParts } from "../support/start.ts";
import { connectionToken, secret } from "../support/tokens.ts";
import { openConfig } from "./config.ts";

setDefaultTimeout(testTimeout);

const key = "the-key-of-the-console";

/** Names that are markup, turn the direction of a line, or break it. */
const hostileNames = [
  "<img src=x onerror=alert(1)>",
  "</td><script>alert(2)</script>",
  "\u202egnp.exe",
  "a\u0000b\u2028c",
  'x" onmouseover="alert(3)',
  "{{alert(4)}}",
];

/** A name that a channel may have: ASCII alone. */
const channelOf = (name: string) => name.replace(/[^ -~]/g, "_");

function start() {
  const { client, channel, ...rest } = openConfig();
  return startWithParts(
    {
      ...rest,
      client: { ...client, insecure: true, token: { hmac_secret_key: secret } },
      channel: { without_namespace: { ...channel?.without_namespace } },
      console: { enabled: true, key, payloads: true },
      push_log: { enabled: false, path: freshPushPath() },
    },
    { log: new CapturedLog("error").log },
  );
}

/** A client of the server, connected; resolves with its id and how it ends. */
async function connect(url: string, token = "") {
  const client = new Centrifuge(`${url.replace("http", "ws")}/connection/websocket`, { token });
  const id = new Promise<string>((resolve) => client.on("connected", (connected) => resolve(connected.client)));
  const ended = new Promise<number>((resolve) => client.on("disconnected", ({ code }) => resolve(code)));
  client.connect();
  const subscribe = async (channel: string) => {
    const subscription = client.newSubscription(channel);
    subscription.subscribe();
    await subscription.ready();
  };
  return { id: await id, ended, subscribe, close: () => client.disconnect() };
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Key").fill(key);
  await page.getByLabel("Your name, for the log").fill("ann");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
}

const openView = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();

describeInBrowser("the console, as an operator sees it", (windows) => {
  test("[KO15] it asks for its key, shows figures and both charts live, and watches and ends a connection", async () => {
    const server = start();
    try {
      const { page, faults } = await windows.open(`${server.url}/console`);
      await page.getByLabel("Key").fill("wrong");
      await page.getByRole("button", { name: "Connect" }).click();
      await page.getByText("This is not the key of the console.").waitFor();
      await signIn(page);
      const client = await connect(server.url);
      await page.getByRole("cell", { name: "authenticated.ready" }).waitFor();
      await openView(page, "Charts");
      const ready = page.locator('[data-state="authenticated.ready"]').first();
      await ready.getByText("1", { exact: true }).waitFor();
      await page.locator('.is-current[data-state="running"]').waitFor();
      await openView(page, "Connections");
      await page.getByRole("button", { name: client.id }).click();
      await page.locator('.is-current[data-state="authenticated.ready"]').waitFor();
      await client.subscribe("news");
      await page.getByRole("cell", { name: "news", exact: true }).waitFor();
      await page.getByText("client.subscribe", { exact: true }).waitFor();
      await page.getByRole("button", { name: "Disconnect" }).click();
      expect(await client.ended).toBe(3503);
      await page.getByText("The connection has ended.").waitFor();
      expect(faults).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test("[KO16] hostile names of users and channels, payloads and log fields are shown letter by letter and run nothing", async () => {
    const server = start();
    try {
      const { page, faults } = await windows.open(`${server.url}/console/#connections`);
      await signIn(page);
      for (const name of hostileNames) {
        const info = { name: `info ${name}` };
        const client = await connect(server.url, await connectionToken(name, { info }));
        const channel = channelOf(name);
        await client.subscribe(channel);
        await page.getByRole("button", { name: "Search" }).click();
        const row = page.getByRole("row").filter({ has: page.getByRole("button", { name: client.id }) });
        expect(await row.getByRole("cell").nth(1).textContent()).toBe(name);
        await page.getByRole("button", { name: client.id }).click();
        await page.getByRole("button", { name: "Unsubscribe" }).waitFor();
        expect(await page.locator(".detail td").first().textContent()).toBe(channel);
        expect(await page.locator("main").textContent()).not.toContain("info ");
        await page.getByRole("button", { name: "Disconnect" }).click();
        expect(await client.ended).toBe(3503);
        await openView(page, "Connections");
      }
      // What an operator did is in the log, with the names of those whom it was done to.
      await openView(page, "Log");
      const lines = page.getByRole("cell", { name: "console.action" });
      await lines.nth(hostileNames.length - 1).waitFor();
      const fields = await page.locator("main td:last-child").allTextContents();
      for (const mark of ["<img src=x", "</td><script>", "{{alert(4)}}"]) {
        expect(fields.some((text) => text.includes(mark))).toBe(true);
      }
      await server.send({ user: hostileNames[0] ?? "" }, { text: hostileNames[1] }, { ttl: "1h" });
      await openView(page, "Messages");
      await page
        .getByRole("cell", { name: hostileNames[0] ?? "" })
        .first()
        .waitFor();
      await openView(page, "Channels");
      for (const name of hostileNames) {
        await server.publish(channelOf(name), { text: name });
        await page.getByLabel("Channel").fill(channelOf(name));
        await page.getByRole("button", { name: "Open" }).click();
        await page.getByRole("cell", { name: "server" }).first().waitFor();
      }
      expect(await page.locator("main img, main script").count()).toBe(0);
      expect(faults).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test("[KO18] the keyboard alone signs in, walks through the views and watches a connection", async () => {
    const server = start();
    try {
      const { page, faults } = await windows.open(`${server.url}/console/#connections`);
      const client = await connect(server.url);
      await page.getByLabel("Key").focus();
      await page.keyboard.type(key);
      await page.keyboard.press("Tab");
      await page.keyboard.type("ann");
      await page.keyboard.press("Enter");
      await page.getByText("Live", { exact: true }).waitFor();
      await page.getByRole("button", { name: client.id }).waitFor();
      const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
      const tabTo = async (text: string) => {
        for (let presses = 0; presses < 20 && (await focused()) !== text; presses += 1)
          await page.keyboard.press("Tab");
        expect(await focused()).toBe(text);
        const ring = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
        expect(ring).toBe("solid");
      };
      await tabTo("Overview");
      await tabTo(client.id);
      await page.keyboard.press("Enter");
      await page.locator('.is-current[data-state="authenticated.ready"]').waitFor();
      await tabTo("Disconnect");
      await page.keyboard.press("Enter");
      expect(await client.ended).toBe(3503);
      expect(faults).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test("[KO18] at 360 px no view is wider than the window", async () => {
    const server = start();
    try {
      const { page, faults } = await windows.open(`${server.url}/console/`, { viewport: { width: 360, height: 640 } });
      const client = await connect(server.url);
      await client.subscribe("a-channel-with-a-rather-long-name");
      await signIn(page);
      const isWhole = () => page.evaluate(() => document.documentElement.scrollWidth === innerWidth);
      for (const view of ["Overview", "Charts", "Connections", "Channels", "Messages", "Log", "Hooks"]) {
        await openView(page, view);
        await page.locator("main").locator("section, form").first().waitFor();
        expect([view, await isWhole()]).toEqual([view, true]);
      }
      await openView(page, "Connections");
      await page.getByRole("button", { name: client.id }).click();
      await page.getByRole("button", { name: "Unsubscribe" }).waitFor();
      expect(["a connection", await isWhole()]).toEqual(["a connection", true]);
      expect(faults).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
