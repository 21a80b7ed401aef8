import { expect, setDefaultTimeout, test } from "bun:test";
import { SignJWT } from "jose";
import { startServer } from "../../src/server.ts";
import { describeInBrowser } from "../support/browser.ts";
import { testTimeout } from "../support/patience.ts";
import { ChatWindow } from "./chat-window.ts";
import { openConfig } from "./config.ts";
import { openTap } from "./tap.ts";

setDefaultTimeout(testTimeout);

const secret = "a secret that is only known to this test";

describeInBrowser("the connection, as a person sees it", (windows) => {
  test("[WP60] after a restart of the server both windows are back by themselves and talk on", async () => {
    const first = await startServer(openConfig());
    const port = Number(new URL(first.url).port);
    const ann = await ChatWindow.join(windows, first.url, { name: "Ann", channel: "restart" });
    const ben = await ChatWindow.join(windows, first.url, { name: "Ben", channel: "restart" });
    await ann.message.fill("a text that I had begun");
    await first.stop();
    for (const chat of [ann, ben]) await chat.untilState(/Trying again in \d+ s/);
    expect(await ann.page.getByRole("button", { name: "Send", exact: true }).isDisabled()).toBe(true);
    const second = await startServer(openConfig({ port }));
    try {
      for (const chat of [ann, ben]) await chat.untilState("Connected to restart.");
      expect(await ann.message.inputValue()).toBe("a text that I had begun");
      await ann.message.press("Enter");
      await ben.entry("a text that I had begun").waitFor();
      await ben.say("welcome back");
      await ann.entry("welcome back").waitFor();
    } finally {
      await second.stop();
    }
  });

  test("Close ends it in words, and Connect begins again, also in another channel", async () => {
    const server = await startServer(openConfig());
    try {
      const ann = await ChatWindow.open(windows, server.url);
      await ann.untilState("Not connected.");
      await ann.page.getByRole("button", { name: "Connect" }).click();
      await ann.untilState("Connected to lobby.");
      const button = (name: string) => ann.page.getByRole("button", { name, exact: true });
      expect(await button("Connect").isDisabled()).toBe(true);
      await button("Close").click();
      await ann.untilState("You closed the connection.");
      expect(await button("Close").isDisabled()).toBe(true);
      expect(await ann.message.isDisabled()).toBe(true);
      await ann.page.getByLabel("Channel").fill("garden");
      await button("Connect").click();
      await ann.untilState("Connected to garden.");
      expect(ann.faults).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  test("Close while waiting for the next attempt ends the waiting", async () => {
    const server = await startServer(openConfig());
    const ann = await ChatWindow.join(windows, server.url, { name: "Ann", channel: "gone" });
    await server.stop();
    await ann.untilState(/Trying again/);
    await ann.page.getByRole("button", { name: "Close" }).click();
    await ann.untilState("You closed the connection.");
  });

  test("[WP63] T09 a token opens the door, is told to nobody, and a bad one ends it for good", async () => {
    const server = await startServer({ ...openConfig(), client: { token: { hmac_secret_key: secret } } });
    try {
      const token = await new SignJWT({ sub: "ann" }).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(secret));
      const ann = await ChatWindow.open(windows, server.url);
      const addresses: string[] = [];
      ann.page.on("websocket", (socket) => addresses.push(socket.url()));
      const connect = async (value: string): Promise<void> => {
        await ann.page.getByLabel("Token", { exact: true }).fill(value);
        await ann.page.getByRole("button", { name: "Connect" }).click();
      };
      await ann.page.getByText("Token (optional)").click();
      await connect("not a token");
      expect(
        await ann.page.getByLabel("Token", { exact: true }).evaluate((field: HTMLInputElement) => field.validity.valid),
      ).toBe(false);
      await connect(`${token}x`);
      await ann.untilState("The token is not valid.");
      await connect("");
      await ann.untilState("The server wants a token");
      await connect(token);
      await ann.untilState("Connected to lobby.");
      expect(addresses.filter((address) => new URL(address).pathname === "/ws")).toHaveLength(3);
      expect(addresses.join()).not.toContain("eyJ");
      const kept = await ann.page.evaluate(() =>
        JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]),
      );
      expect(kept).not.toContain("eyJ");
    } finally {
      await server.stop();
    }
  });

  test("Connected is said after admission alone, and a refusal says what to do", async () => {
    const server = await startServer({ ...openConfig(), client: { token: { hmac_secret_key: secret } } });
    try {
      const ann = await ChatWindow.open(windows, server.url);
      await ann.page.getByRole("button", { name: "Connect" }).click();
      await ann.untilState("The server wants a token: enter one under “Token”.");
      expect(await ann.page.getByLabel("Token", { exact: true }).isVisible()).toBe(true);
      expect(await ann.log.getByText("Connected").count()).toBe(0);
      const token = await new SignJWT({ sub: "ann" }).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(secret));
      await ann.page.getByLabel("Token", { exact: true }).fill(token);
      await ann.page.getByRole("button", { name: "Connect" }).click();
      await ann.untilState("Connected to lobby.");
      expect(await ann.log.getByText("Connected").count()).toBe(1);
    } finally {
      await server.stop();
    }
  });

  test("while it waits for the next attempt a person may change the channel and try at once", async () => {
    const server = await startServer(openConfig());
    const port = Number(new URL(server.url).port);
    const ann = await ChatWindow.join(windows, server.url, { name: "Ann", channel: "gone" });
    await server.stop();
    await ann.untilState(/Trying again/);
    const second = await startServer(openConfig({ port }));
    try {
      await ann.untilState(/Trying again|Connected/);
      await ann.page.getByRole("button", { name: "Close" }).click();
      await ann.page.getByLabel("Channel").fill("other");
      await ann.page.getByRole("button", { name: "Connect" }).click();
      await ann.untilState("Connected to other.");
    } finally {
      await second.stop();
    }
  });

  test("a message that the channel does not take is marked as not sent", async () => {
    const { channel, ...open } = openConfig();
    const rules = { ...channel?.without_namespace, allow_publish_for_client: false };
    const server = await startServer({ ...open, channel: { without_namespace: rules } });
    try {
      const ann = await ChatWindow.join(windows, server.url, { name: "Ann", channel: "closed" });
      await ann.page.evaluate(
        (texts) => {
          for (const text of texts) {
            const field = document.querySelector<HTMLTextAreaElement>("#chat-composer textarea");
            if (field !== null) field.value = text;
            document.querySelector<HTMLFormElement>("#chat-composer")?.requestSubmit();
          }
        },
        ["hello", "again", "once more"],
      );
      await ann.untilState("This is not allowed in this channel to you.");
      for (const text of ["hello", "again", "once more"]) {
        await ann.entry(text).filter({ hasText: "not sent" }).waitFor();
      }
    } finally {
      await server.stop();
    }
  });

  test("[WP64] a file tells how far it is while it travels, and when it cannot arrive", async () => {
    const server = await startServer(openConfig());
    const tap = await openTap(server.url);
    try {
      const ann = await ChatWindow.join(windows, tap.url, { name: "Ann", channel: "slow" });
      const progress = ann.log.getByRole("progressbar", { name: "Sending film.mkv" });
      tap.close();
      await ann.sendFile("film.mkv", Buffer.alloc(16_000_000));
      await progress.waitFor();
      await ann.log.getByText(/^Sending: \d+ %$/).waitFor();
      expect(await progress.getAttribute("max")).toBe("1");
      tap.open();
      await ann.entry("film.mkv").filter({ hasText: "Sent" }).waitFor();
      expect(await progress.count()).toBe(0);

      // On a new connection: the kernel's buffer of one that took a film already may have grown enough to take another.
      const ben = await ChatWindow.join(windows, tap.url, { name: "Ben", channel: "slow" });
      tap.close();
      await ben.sendFile("second.mkv", Buffer.alloc(16_000_000));
      await ben.log.getByText(/^Sending: \d+ %$/).waitFor();
      await ben.page.getByRole("button", { name: "Close" }).click();
      await ben.entry("second.mkv").filter({ hasText: "Not sent: the connection ended on the way." }).waitFor();
    } finally {
      tap.stop();
      await server.stop();
    }
  });
});
