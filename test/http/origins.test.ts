import { describe, expect, test } from "bun:test";
import { createOriginCheck, normalizeOrigin } from "../../src/http/origins.ts";

describe("an entry of client.allowed_origins", () => {
  test.each([
    ["*", "*"],
    ["null", "null"],
    ["HTTPS://App.Example", "https://app.example"],
    ["https://a.example:443", "https://a.example"],
    ["https://a.example:0443", "https://a.example"],
    ["http://a.example:80", "http://a.example"],
    ["http://a.example:443", "http://a.example:443"],
    ["wss://a.example", "https://a.example"],
    ["ws://a.example:8080", "http://a.example:8080"],
    ["https://b\u00fccher.example", "https://xn--bcher-kva.example"],
    ["https://*.b\u00fccher.example:443", "https://*.xn--bcher-kva.example"],
    ["http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"],
    ["http://127.1:5173", "http://127.0.0.1:5173"],
    ["https://*.a.example", "https://*.a.example"],
    ["http://localhost:*", "http://localhost:*"],
    ["*://a.example", "*://a.example"],
    ["file://", "file://"],
    ["capacitor://localhost", "capacitor://localhost"],
    ["chrome-extension://abcdef", "chrome-extension://abcdef"],
  ])("[SE38] %s is read as %s", (entry, origin) => {
    expect(normalizeOrigin(entry)).toBe(origin);
  });

  test.each([
    "",
    "a.example",
    "https://",
    "https://a.example,",
    "https://a.example,https://b.example",
    "https://a.example;",
    "https://a.example/chat",
    "https://a.example?x",
    "https://user@a.example",
    "https://a.example:65536",
    "https://a.example:port",
    "https://a b.example",
    "https:a.example",
    "https:/a.example",
    "https://[::1",
    "https://a.example/",
    "https://a..b.example",
    "https://.a.example",
    'https://a.example"',
  ])("[SE38] %p can never be an origin", (entry) => {
    expect(normalizeOrigin(entry)).toBeNull();
  });
});

const allowed = [
  "https://a.example:443",
  "wss://b.example",
  "https://b\u00fccher.example",
  "https://*.*.deep.example",
  "http://dev.example:*",
  "*://any.example",
  "*://tls.example:443",
  "https://*.ports.example:8443",
];

describe("a page", () => {
  const check = createOriginCheck({ allowed, development: false });
  const development = createOriginCheck({ allowed: [], development: true });

  test.each([
    ["https://a.example", true],
    ["https://a.example:443", true],
    ["https://A.EXAMPLE", true],
    ["http://a.example", false],
    ["https://b.example", true],
    ["wss://b.example", false],
    ["https://xn--bcher-kva.example", true],
    ["https://x.y.deep.example", true],
    ["https://x.deep.example", false],
    ["http://dev.example:5173", true],
    ["http://dev.example", true],
    ["http://dev.example:5173.evil.example", false],
    ["https://any.example", true],
    ["http://any.example", true],
    ["https://tls.example", true],
    ["http://tls.example", false],
    ["https://x.ports.example:8443", true],
    ["https://x.ports.example", false],
    ["https://*.*.deep.example", false],
    ["null", false],
    ["constructor://a.example", false],
  ])("[SE4] of %s may connect by the list: %p", (origin, expected) => {
    expect(check(origin, "server.example")).toBe(expected);
  });

  test.each([
    ["https://chat.example", "chat.example", true],
    ["https://chat.example", "chat.example:443", true],
    ["https://chat.example:443", "chat.example", true],
    ["http://chat.example", "chat.example:80", true],
    ["http://chat.example:80", "chat.example", true],
    ["https://chat.example", "chat.example:80", true],
    ["http://[::1]:80", "[::1]", true],
    ["http://[::1]", "[0:0:0:0:0:0:0:1]:80", true],
    ["http://chat.example:8080", "chat.example:8080", true],
    ["http://chat.example:443", "chat.example:443", true],
    ["https://Chat.Example", "CHAT.example", true],
    ["https://chat.example:8443", "chat.example", false],
    ["https://chat.example", "chat.example:8443", false],
    ["https://chat.example:80", "chat.example", false],
    ["https://chat.example", "other.example", false],
    ["https://chat.example", "", false],
    ["https://chat.example", null, false],
    ["ftp://chat.example", "chat.example", false],
  ])("[SE39] of %s may connect to the Host %p whatever the list says: %p", (origin, host, expected) => {
    expect(check(origin, host)).toBe(expected);
  });

  test.each([
    ["http://localhost:5173", "localhost:8080", true],
    ["http://127.0.0.1:5173", "localhost:8080", true],
    ["http://localhost:5173", "127.0.0.1:8080", true],
    ["https://localhost", "localhost:8080", true],
    ["http://[::1]:3000", "localhost:8080", true],
    ["http://app.localhost:3000", "localhost:8080", true],
    ["http://10.0.2.2:8080", "10.0.2.2:8080", true],
    ["http://10.0.2.2:5173", "10.0.2.2:8080", true],
    ["http://192.168.1.5:5173", "localhost:8080", false],
    ["http://localhost.evil.example", "localhost:8080", false],
    ["http://127.0.0.1.evil.example:5173", "localhost:8080", false],
    ["http://evil.example", "localhost:8080", false],
    ["null", "localhost:8080", false],
    ["file://", "localhost:8080", false],
  ])("[SE45] of %s may connect to %s in the development profile: %p", (origin, host, expected) => {
    expect(development(origin, host)).toBe(expected);
  });
});
