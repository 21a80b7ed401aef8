import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { RawClient } from "../support/raw.ts";
import { sharedServer } from "../support/shared-server.ts";

setDefaultTimeout(testTimeout);

async function statusFor(url: string, ...origins: string[]): Promise<number> {
  using client = await RawClient.connect(url);
  return (await client.request({ add: origins.map((origin) => `Origin: ${origin}`) })).status;
}

describe("with a list of origins", () => {
  const exact = "https://app.example.com";
  const server = sharedServer({ client: { allowed_origins: [exact, "https://*.chat.example"] } });

  test.each([
    exact,
    "https://APP.Example.COM",
    "HTTPS://app.example.com",
    "https://a.chat.example",
    "https://a.b.chat.example",
    "https://xn--nxasmq6b.chat.example",
    "https://evil_io.chat.example",
    // An empty header is none.
    "",
  ])("[SE4] [T05] %s may connect", async (origin) => {
    expect(await statusFor(server().url, origin)).toBe(101);
  });

  test("[SE4] [T05] a client without an origin may connect: it is no browser, and brings no cookie", async () => {
    expect(await statusFor(server().url)).toBe(101);
  });

  const foreign = [
    "null",
    "*",
    "https://evil.example",
    "https://app.example.com.evil.io",
    "https://evilapp.example.com",
    "https://example.com",
    "https://sub.app.example.com",
    "http://app.example.com",
    "https://app.example.com:444",
    "https://app.example.com.",
    "https://app.example.com/",
    "https://app.example.com#https://app.example.com",
    "https://user@app.example.com",
    "https://xn--pp-8kc.example.com",
    "https://app.example.com https://evil.example",
    "app.example.com",
    "//app.example.com",
    "wss://app.example.com",
    "https://chat.example",
    "https://.chat.example",
    "https://evilchat.example",
    "https://a..chat.example",
    "https://a.chat.example.evil.io",
    "https://a.chat.example:444",
    "http://a.chat.example",
    "https://evil.io/.chat.example",
    "https://evil.io?.chat.example",
    "https://evil.io#.chat.example",
    "https://evil.io:443.chat.example",
    "http://app.example.com:443",
    "https://evil.io@a.chat.example",
    // No browser writes the default port.
    "https://app.example.com:443",
    "https://a.chat.example:443",
    "https://*.chat.example",
    "file://",
    "chrome-extension://abcdefghijklmnop",
  ];

  test.each(foreign)("[SE4] [T05] %s is refused with 403 before the upgrade", async (origin) => {
    expect(await statusFor(server().url, origin)).toBe(403);
  });

  test("[SE4] [T05] one of two origins is refused as well", async () => {
    expect(await statusFor(server().url, exact, "https://evil.example")).toBe(403);
    expect(await statusFor(server().url, "https://evil.example", exact)).toBe(403);
  });

  test("[SE4] [T05] no origin that differs from the list by one byte, other than its case, may connect", async () => {
    const random = new SeededRandom();
    for (let round = 0; round < 300; round += 1) {
      const at = random.int(exact.length);
      const letter = String.fromCharCode(0x21 + random.int(0x5e));
      const before = exact.slice(0, at);
      const origin = random.pick([
        before + letter + exact.slice(at + 1),
        before + letter + exact.slice(at),
        before + exact.slice(at + 1),
      ]);
      const isSame = origin.toLowerCase() === exact;
      expect([origin, await statusFor(server().url, origin)]).toEqual([origin, isSame ? 101 : 403]);
    }
  });

  test("[SE4] [T05] a refusal is counted, and says what to do", async () => {
    const before = await server().metric('chorus_connections_refused_total{reason="origin"}');
    using client = await RawClient.connect(server().url);
    const answer = await client.request({ add: ["Origin: https://evil.example"] });
    expect(answer.body).toMatch(/^[^\n]*client\.allowed_origins[^\n]*\n$/);
    expect(await server().metric('chorus_connections_refused_total{reason="origin"}')).toBe(before + 1);
  });
});

describe("without a list", () => {
  const server = sharedServer();

  test("[SE4] [T05] the page's own server may be connected to, with or without TLS in front of it", async () => {
    const { host } = new URL(server().url);
    expect(await statusFor(server().url, `http://${host}`)).toBe(101);
    expect(await statusFor(server().url, `https://${host}`)).toBe(101);
  });

  test("[SE4] [T05] every other origin is refused", async () => {
    const { host, hostname } = new URL(server().url);
    const foreign = [
      "null",
      "http://evil.example",
      `http://${hostname}`,
      `http://${hostname}:1`,
      `http://localhost:${new URL(server().url).port}`,
      `http://${host}.evil.io`,
      `http://evil.io#${host}`,
      `http://evil@${host}`,
      `ftp://${host}`,
      host,
    ];
    for (const origin of foreign) expect([origin, await statusFor(server().url, origin)]).toEqual([origin, 403]);
  });
});

describe("with the list *", () => {
  const server = sharedServer({ client: { allowed_origins: ["*"] } });

  test.each(["null", "https://anyone.example", "file://"])("[SE4] [T05] %s may connect", async (origin) => {
    expect(await statusFor(server().url, origin)).toBe(101);
  });
});
