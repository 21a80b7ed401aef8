import { expect, setDefaultTimeout, test } from "bun:test";
import { startServer } from "../../src/server.ts";
import { describeInBrowser } from "../support/browser.ts";
import { tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { ChatWindow } from "./chat-window.ts";

setDefaultTimeout(testTimeout);

const readme = await Bun.file("README.md").text();

/** The first configuration of the README, with a secret and files of this test. */
function firstConfig() {
  const config = JSON.parse(/```json\n([\s\S]*?)\n```/.exec(readme)?.[1] ?? "{}");
  config.client.token.hmac_secret_key = "secret";
  return {
    ...config,
    http_server: { port: 0 },
    engine: { type: "memory" },
    push_log: { enabled: false },
    log: { level: "error" },
  };
}

describeInBrowser("the first configuration of the README", (windows) => {
  test("its own page lets a token holder chat, see presence and history, and says why it refuses others", async () => {
    const server = await startServer(firstConfig());
    try {
      const ann = await ChatWindow.open(windows, server.url);
      await ann.page.getByRole("button", { name: "Connect" }).click();
      await ann.untilState("The server wants a token");
      await ann.page.getByLabel("Token", { exact: true }).fill(tokenFor({ sub: "ann" }));
      await ann.page.getByRole("button", { name: "Connect" }).click();
      await ann.untilState("Connected to lobby.");
      await ann.say("hello from ann");

      const { page } = await windows.open(`${server.url}/#channels`);
      const panel = page.getByRole("tabpanel", { name: "Channels" });
      await panel.getByText("Token (optional)").click();
      await panel.getByLabel("Token", { exact: true }).fill(tokenFor({ sub: "ben" }));
      await panel.getByRole("button", { name: "Connect", exact: true }).click();
      await panel.getByText("Subscribed to lobby.").first().waitFor();
      const here = panel.getByRole("region", { name: "Who is here" });
      await here.getByText("2 connections").waitFor();
      expect(await here.getByText("ann", { exact: true }).count()).toBe(1);
      await panel.getByRole("button", { name: "Show the last 50" }).click();
      await panel.getByRole("region", { name: "History" }).getByText("hello from ann").waitFor();
      await panel.getByRole("textbox", { name: "Publication" }).fill("hello from ben");
      await panel.getByRole("button", { name: "Publish", exact: true }).click();
      await ann.entry("hello from ben").waitFor();
    } finally {
      await server.stop();
    }
  });
});
