import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startServer } from "../../src/server.ts";
import { describeInBrowser } from "../support/browser.ts";
import { testTimeout } from "../support/patience.ts";
import { ChannelsWindow } from "./channels-window.ts";
import { openConfig } from "./config.ts";
import { nextText, plainClient } from "./plain-client.ts";

setDefaultTimeout(testTimeout);

describeInBrowser("the Channels tab with the stock client", (windows) => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    server = await startServer({ ...openConfig(), sse: { enabled: true }, http_stream: { enabled: true } });
  });
  afterAll(() => server?.stop());
  const join = (channel: string): Promise<ChannelsWindow> => ChannelsWindow.join(windows, server.url, channel);

  test("[WP80] publications reach everyone, text and JSON, the publisher too", async () => {
    const [ann, ben] = [await join("publish"), await join("publish")];
    await ann.publish("first <b>one</b>");
    await ann.publish('{"temperature": 21.5}');
    for (const { log } of [ann, ben]) {
      await log.getByRole("article").filter({ hasText: "#1" }).getByText("first <b>one</b>").waitFor();
      await log.getByRole("article").filter({ hasText: "#2" }).getByText('{"temperature":21.5}').waitFor();
    }
    expect(await ann.log.getByText("You", { exact: true }).count()).toBe(2);
    expect(await ben.log.getByText("anonymous", { exact: true }).count()).toBe(2);
    expect([...ann.faults, ...ben.faults]).toEqual([]);
  });

  test.each(["websocket", "sse", "http_stream"])(
    "a client over %s publishes and receives as one over WebSocket",
    async (transport) => {
      const channel = `over-${transport}`;
      const ann = await ChannelsWindow.join(windows, server.url, channel, transport);
      const ben = await join(channel);
      await ann.publish("from the stream");
      await ben.publish("from the socket");
      for (const { log } of [ann, ben]) {
        await log.getByText("from the stream").waitFor();
        await log.getByText("from the socket").waitFor();
      }
      expect([...ann.faults, ...ben.faults]).toEqual([]);
    },
  );

  test("a bad token ends the connection, and no subscription is under way", async () => {
    const { page } = await windows.open(`${server.url}/#channels`);
    const panel = page.getByRole("tabpanel", { name: "Channels" });
    await panel.getByText("Token (optional)").click();
    await panel.getByLabel("Token", { exact: true }).fill("rubbish");
    await panel.getByRole("button", { name: "Connect", exact: true }).click();
    await panel.getByRole("status").filter({ hasText: "The token is not valid." }).waitFor();
    await panel.getByRole("status").filter({ hasText: "Not subscribed." }).waitFor();
  });

  test("who is here comes and goes by itself", async () => {
    const [ann, ben] = [await join("who"), await join("who")];
    const count = (chat: ChannelsWindow, words: string) => chat.region("Who is here").getByText(words, { exact: true });
    await count(ann, "2 connections").waitFor();
    await count(ben, "2 connections").waitFor();
    expect(await ann.region("Who is here").getByText("you", { exact: true }).count()).toBe(1);
    await ben.press("Unsubscribe");
    await count(ann, "1 connection").waitFor();
    await ben.press("Subscribe");
    await count(ann, "2 connections").waitFor();
    await ben.press("Close");
    await count(ann, "1 connection").waitFor();
  });

  test("the history is shown when asked for, the newest first", async () => {
    const ann = await join("history");
    await ann.press("Publish 20");
    await ann.log.getByText("Number 20 of 20").waitFor();
    await ann.press("Show the last 50");
    await ann.region("History").getByText("20 publications, the stream is at 20").waitFor();
    const rows = await ann.region("History").getByRole("listitem").allTextContents();
    expect([rows.length, rows[0], rows[19]]).toEqual([20, "#20Number 20 of 20", "#1Number 1 of 20"]);
  });

  test("cut off while another client publishes 20, it comes back and shows 20 recovered", async () => {
    const [ann, ben] = [await join("recovery"), await join("recovery")];
    await ann.publish("before");
    await ben.log.getByText("before").waitFor();
    await ben.press("Cut the connection");
    await ben.status("Cut off").waitFor();
    await ann.region("Who is here").getByText("1 connection", { exact: true }).waitFor();
    await ann.press("Publish 20");
    await ann.log.getByText("Number 20 of 20").waitFor();
    expect(await ben.log.getByText(/^Number/).count()).toBe(0);

    await ben.press("Let it come back");
    await ben.region("Recovery").getByText("20 recovered").waitFor();
    const texts = await ben.log.locator(".bubble").allTextContents();
    expect(texts).toEqual(["before", ...Array.from({ length: 20 }, (_, index) => `Number ${index + 1} of 20`)]);
    expect(await ben.log.getByText(/· recovered$/).count()).toBe(20);
    await ann.publish("after");
    await ben.log.getByText("after").waitFor();
    expect(await ben.log.getByText(/· recovered$/).count()).toBe(20);
  });

  test("[WP84] more was missed than is kept: it says so, and claims nothing", async () => {
    const [ann, ben] = [await join("lost"), await join("lost")];
    await ben.press("Cut the connection");
    await ben.status("Cut off").waitFor();
    for (let round = 0; round < 6; round += 1) await ann.press("Publish 20");
    await ann.log.getByRole("article").filter({ hasText: "#120" }).waitFor();
    await ben.press("Let it come back");
    await ben.region("Recovery").getByText("Not recovered").waitFor();
    expect(await ben.log.getByText(/· recovered$/).count()).toBe(0);
  });

  test("a channel is shared with the plain chat, texts and bytes", async () => {
    const ann = await join("shared");
    const plain = await plainClient(server.url, "shared");
    plain.send(JSON.stringify({ name: "Ben", text: "from the chat" }));
    plain.send(Uint8Array.of(1, 2, 3));
    await ann.log.getByRole("article").filter({ hasText: "Ben" }).getByText("from the chat").waitFor();
    await ann.log.getByText("Bytes: 3 bytes").waitFor();
    const heard = nextText(plain);
    await ann.publish("from the channel");
    expect(await heard).toBe("from the channel");
    expect(ann.faults).toEqual([]);
  });

  test("what the server refuses is told in words", async () => {
    const ann = await join("words");
    await ann.panel.getByLabel("Channel").fill("unknown:channel");
    await ann.press("Subscribe");
    await ann.status("Not subscribed to unknown:channel: unknown channel (102).").waitFor();
    expect(await ann.panel.getByRole("button", { name: "Publish", exact: true }).isDisabled()).toBe(true);
    await ann.press("Close");
    await ann.status("You closed the connection.").waitFor();
  });

  test("a server that goes away is told of once, however often it is tried, and the tab is back by itself", async () => {
    const first = await startServer(openConfig());
    const ann = await ChannelsWindow.join(windows, first.url, "away");
    await first.stop();
    await ann.status("The server cannot be reached. Trying again").waitFor();
    for (let attempts = 0; attempts < 2; attempts += 1) await ann.page.waitForEvent("websocket");
    const second = await startServer(openConfig({ port: Number(new URL(first.url).port) }));
    try {
      await ann.status("Connected.").waitFor();
      await ann.status("Subscribed to away.").waitFor();
      expect(await ann.log.getByText("The server shuts down.").count()).toBe(1);
      expect(await ann.log.getByText("The server cannot be reached.").count()).toBe(1);
    } finally {
      await second.stop();
    }
  });

  test("a long history scrolls in its card, within the window and the reach of the keyboard", async () => {
    const ann = await join("long");
    await ann.page.setViewportSize({ width: 1280, height: 800 });
    for (let round = 0; round < 2; round += 1) await ann.press("Publish 20");
    await ann.log.getByRole("article").filter({ hasText: "#40" }).waitFor();
    await ann.press("Show the last 50");
    const list = ann.region("History").getByRole("list", { name: "Publications that are kept" });
    await list.getByText("#40").waitFor();
    const { bottom, hidden } = await list.evaluate((rows) => ({
      bottom: rows.getBoundingClientRect().bottom,
      hidden: rows.scrollHeight - rows.clientHeight,
    }));
    expect(bottom).toBeLessThan(800);
    expect(hidden).toBeGreaterThan(0);
    await ann.page.keyboard.press("Tab");
    expect(await list.evaluate((rows) => rows === document.activeElement)).toBe(true);
    await ann.page.keyboard.press("End");
    await ann.page.waitForFunction(() => (document.activeElement?.scrollTop ?? 0) > 0);
  });
});
