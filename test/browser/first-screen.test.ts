import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startServer } from "../../src/server.ts";
import { describeInBrowser } from "../support/browser.ts";
import { testTimeout } from "../support/patience.ts";
import { ChatWindow } from "./chat-window.ts";
import { openConfig } from "./config.ts";
import { nextText, plainClient } from "./plain-client.ts";

setDefaultTimeout(testTimeout);

describeInBrowser("the first screen", (windows) => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    server = await startServer(openConfig());
  });
  afterAll(() => server?.stop());

  test("[WP20] shows two people, a message, and a recovery after a cut, with the machine of the connection", async () => {
    const { page, faults } = await windows.open(server.url);
    const stage = page.getByRole("region", { name: "What this server does" });
    const [ann, ben] = [stage.locator("#stage-ann"), stage.locator("#stage-ben")];
    await ben.locator(".is-theirs", { hasText: "Hello Ben!" }).waitFor();
    await page.locator('.machine .is-current[data-state="authenticated.ready"]').waitFor();
    await ben.getByText("no network").waitFor();
    await page.locator('.machine .is-current[data-state="closed"]').waitFor();
    await ann.locator(".bubble", { hasText: "At noon." }).waitFor();
    expect(await ben.locator(".bubble").count()).toBe(1);
    await stage.getByText("2 messages recovered, in order, and proven complete").waitFor();
    expect(await ben.locator(".is-recovered").allTextContents()).toEqual([
      "Lunch today?recovered",
      "At noon.recovered",
    ]);
    await page.locator('.machine .is-current[data-state="authenticated.ready"]').waitFor();
    expect(faults).toEqual([]);
  });

  test("[WP21] gives way to one's own chat, whose machine is shown from then on", async () => {
    const ann = await ChatWindow.join(windows, server.url, { name: "Ann", channel: "own" });
    expect(await ann.page.locator("#stage").isHidden()).toBe(true);
    const machine = ann.page.locator(".machine");
    await machine.getByText("Your connection").waitFor();
    await machine.locator('.is-current[data-state="authenticated.ready"]').waitFor();
    await server.disconnect({ user: "" });
    await machine.locator('.is-current[data-state="closed"]').waitFor();
    await ann.page.reload();
    await ann.page.getByRole("button", { name: "Show me" }).waitFor();
  });

  test("[WP21] a server that refuses strangers has no stage", async () => {
    const strict = await startServer({ ...openConfig(), client: { token: { hmac_secret_key: "a secret" } } });
    try {
      const { page, faults } = await windows.open(strict.url);
      await page.locator("#stage").waitFor({ state: "hidden" });
      await page.getByText("Whatever you write goes to everyone in the channel.").waitFor();
      expect(faults).toEqual([]);
    } finally {
      await strict.stop();
    }
  });

  test("[WP22] one identity: name, channel and token that are entered in one tab count in all", async () => {
    const ann = await ChatWindow.join(windows, server.url, { name: "Ann", channel: "garden" });
    await ann.page.getByRole("button", { name: "Close" }).click();
    await ann.page.getByText("Token (optional)").click();
    await ann.page.getByLabel("Token", { exact: true }).fill("a.b.c");
    await ann.page.getByRole("tab", { name: "Channels" }).click();
    const panel = ann.page.getByRole("tabpanel", { name: "Channels" });
    expect(await panel.locator("[name=channel]").inputValue()).toBe("garden");
    expect(await panel.locator("[name=token]").inputValue()).toBe("a.b.c");
    await panel.locator("[name=token]").evaluate((field: HTMLInputElement) => {
      field.value = "";
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
    const heard = nextText(await plainClient(server.url, "garden"));
    await panel.getByRole("button", { name: "Connect", exact: true }).click();
    await panel.getByText("Subscribed to garden.").first().waitFor();
    await panel.getByRole("region", { name: "Who is here" }).getByText("Ann", { exact: true }).waitFor();
    await panel.getByRole("textbox", { name: "Publication" }).fill("hello");
    await panel.getByRole("button", { name: "Publish", exact: true }).click();
    expect(await heard).toBe('{"name":"Ann","text":"hello"}');
    await ann.page.getByRole("tab", { name: "Chat" }).click();
    expect(await ann.page.locator("#chat-join [name=token]").inputValue()).toBe("");
  });
});
