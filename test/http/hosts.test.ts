import { describe, expect, test } from "bun:test";
import { createHostCheck, type HostRefusal, type HostRule } from "../../src/http/hosts.ts";
import { createOriginHosts } from "../../src/http/origins.ts";

const origins = [
  "https://chat.example",
  "https://*.wild.example",
  "*",
  "https://*",
  "*://*:8443",
  "http://10.1.1.1:99",
];

const rule = (options: Partial<HostRule>): HostRule => ({
  allowedHosts: [],
  isExclusive: false,
  isLoopback: true,
  ownName: "Machine",
  isOriginHost: createOriginHosts(origins),
  ...options,
});

const rules = {
  loopback: rule({}),
  public: rule({ isLoopback: false }),
  listed: rule({
    allowedHosts: ["one.example", "two.example:8443", "[2001:DB8::1]", "std.example:443"],
    isExclusive: true,
  }),
  inside: rule({ allowedHosts: ["one.example"], isLoopback: true }),
};

const yes = null;
const no = "misdirected";
const bad = "malformed";

/** A Host header, and what each of the listeners says of it: loopback, public, listed, inside. */
const rows: [string | null, ...HostRefusal[]][] = [
  ["localhost", yes, yes, no, yes],
  ["LOCALHOST:8080", yes, yes, no, yes],
  ["chat.localhost", yes, yes, no, yes],
  ["127.0.0.1:1", yes, yes, no, yes],
  ["[::1]:80", yes, yes, no, yes],
  ["10.0.2.2:8080", yes, yes, no, yes],
  ["[2001:db8::1]", yes, yes, yes, yes],
  ["[2001:0db8:0::1]:443", yes, yes, yes, yes],
  ["[fe80::1%25eth0]:8080", yes, yes, no, yes],
  ["machine.:8080", yes, yes, no, yes],
  ["machine.example", no, yes, no, no],
  ["evil.example", no, yes, no, no],
  ["127.0.0.1.evil.example", no, yes, no, no],
  ["1.2.3.4.5", no, yes, no, no],
  ["chat.example", yes, yes, no, yes],
  ["chat.example:8080", yes, yes, no, yes],
  ["CHAT.example.", yes, yes, no, yes],
  ["sub.chat.example", no, yes, no, no],
  ["a.b.wild.example", yes, yes, no, yes],
  ["wild.example", no, yes, no, no],
  ["evilwild.example", no, yes, no, no],
  ["one.example", no, yes, yes, yes],
  ["one.example:9999", no, yes, yes, yes],
  ["two.example:8443", no, yes, yes, no],
  ["two.example", no, yes, no, no],
  ["std.example", no, yes, yes, no],
  ["std.example:80", no, yes, yes, no],
  ["std.example:81", no, yes, no, no],
  ["chorus_web.internal:9000", no, yes, no, no],
  [null, bad, bad, bad, bad],
  ["", bad, bad, bad, bad],
  ["a, b", bad, bad, bad, bad],
  ["a/b", bad, bad, bad, bad],
  ["user@localhost", bad, bad, bad, bad],
  ["localhost:http", bad, bad, bad, bad],
  ["localhost:65536", bad, bad, bad, bad],
  ["[::1", bad, bad, bad, bad],
];

describe("the Host that a listener answers for", () => {
  test.each(rows)("[SE3] [T04] %p", (header, ...expected) => {
    const { loopback, public: open, listed, inside } = rules;
    const answers = [loopback, open, listed, inside].map((each) => createHostCheck(each)(header));
    expect(answers).toEqual(expected);
  });
});
