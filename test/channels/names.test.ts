import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { createChannelRules } from "../../src/channels/rules.ts";
import { createRecent } from "../../src/core/recent.ts";
import { testTimeout } from "../support/patience.ts";
import { channelConfig, flags } from "./config.ts";

setDefaultTimeout(testTimeout);

const open = { allow_subscribe_for_client: true, allow_publish_for_client: true };
const rules = createChannelRules(
  channelConfig(open, [
    { name: "ns", ...open },
    { name: "rx", ...open, channel_regex: "^[a-z]{2,4}$" },
    { name: "rxu", ...open, channel_regex: "^[а-я]+$" },
    { name: "part", ...open, channel_regex: "b+" },
    { name: "limited", allow_user_limited_channels: true },
  ]),
  flags(),
);
const asker = { user: "ann", subscribed: false, full: false, token: false, type: 0 };
const codeOf = (name: string) => rules.maySubscribe(name, asker)?.code ?? 0;

test("[CH1] the namespace is what stands before the first colon, after a private prefix", () => {
  const namespaceOf = (name: string) => rules.resolve(name)?.namespace.name;
  expect(namespaceOf("ns:a")).toBe("ns");
  expect(namespaceOf("ns:a:b")).toBe("ns");
  expect(namespaceOf("ns:")).toBe("ns");
  expect(namespaceOf("$ns:a")).toBe("ns");
  expect(namespaceOf("ns")).toBe("");
  expect(namespaceOf(":a")).toBe("");
  expect(namespaceOf("$:a")).toBe("");
  expect(namespaceOf("$a")).toBe("");
  expect(namespaceOf("")).toBe("");
});

test("[CH2] a namespace that is not configured makes the channel unknown", () => {
  for (const name of ["nope:a", "$nope:a", "NS:a", "ns :a", "$$ns:a", "__proto__:a", "toString:a"]) {
    expect(rules.resolve(name)).toBeNull();
    expect(rules.grant(name, { user: "ann", request: null })).toBeNull();
    expect(codeOf(name)).toBe(102);
    expect(rules.mayPublish(name, { ...asker, data: { kind: "json", json: "1" } })?.code).toBe(102);
    expect(rules.mayPresence(name, asker)?.code).toBe(102);
    expect(rules.mayHistory(name, asker)?.code).toBe(102);
    expect(rules.onConnect(name, "ann")).toBe("unknown");
  }
});

test("[CH3] without a pattern a name is any ASCII, and nothing else (T46)", () => {
  for (const name of [
    "a",
    "a/b",
    "a*",
    "a&b",
    "a b",
    'a"b',
    "a'b",
    "a\\b",
    "a\0",
    "a\n",
    "a\x7f",
    "..",
    ">",
    "ns:",
    "[1]",
  ]) {
    expect([name, codeOf(name)]).toEqual([name, 0]);
  }
  for (const name of ["café", "a\x80", "ns:é", "é:a", "\ud800", "😀"]) {
    expect([name, codeOf(name)]).toEqual([name, name === "é:a" ? 102 : 107]);
  }
});

test("[CH4] a pattern is matched on what follows the namespace", () => {
  expect(["rx:abc", "rx:a", "rx:ABC", "rx:abcde", "rx:", "rx:ab:c", "rx:abc\n"].map(codeOf)).toEqual([
    0, 107, 107, 107, 107, 107, 107,
  ]);
  expect(["rxu:привет", "rxu:hello", "rxu:приветx"].map(codeOf)).toEqual([0, 107, 107]);
  expect(["part:abc", "part:ac", "part:éb"].map(codeOf)).toEqual([0, 107, 0]);
});

test("[CH4] a pattern binds every command of a client, and neither the server nor what a token says", () => {
  const named = { kind: "json", json: "1" } as const;
  expect(rules.mayPublish("rx:ABC", { ...asker, data: named })?.code).toBe(107);
  expect(rules.mayPresence("rx:ABC", asker)?.code).toBe(107);
  expect(rules.mayHistory("rx:ABC", asker)?.code).toBe(107);
  expect(rules.maySubscribe("rx:ABC", { ...asker, token: true })?.code).toBe(107);
  expect(rules.onConnect("rx:ABC", "ann")).toBe("left out");
  expect(rules.grant("rx:ABC", { user: "ann", request: null })).not.toBeNull();
});

test("[CH4] without a namespace the pattern sees the private prefix too", () => {
  const byPattern = createChannelRules(channelConfig({ ...open, channel_regex: "^[a-z]+$" }), flags());
  expect(byPattern.resolve("abc")?.isWellNamed).toBe(true);
  expect(byPattern.resolve("$abc")?.isWellNamed).toBe(false);
  expect(byPattern.resolve("$:abc")?.isWellNamed).toBe(true);
});

test("a pattern that other engines are lost in is matched at once (T43)", () => {
  const evil = createChannelRules(channelConfig({ channel_regex: "^(a+)+$" }), flags());
  expect(evil.resolve(`${"a".repeat(60_000)}b`)?.isWellNamed).toBe(false);
  expect(evil.resolve("a".repeat(60_000))?.isWellNamed).toBe(true);
});

test("[CH6] a private name begins with the prefix; the users of a limited one follow the last boundary", () => {
  const of = (name: string) => {
    const channel = rules.resolve(name);
    return [channel?.isPrivate, channel?.users];
  };
  expect(of("a")).toEqual([false, null]);
  expect(of("$a")).toEqual([true, null]);
  expect(of("a$")).toEqual([false, null]);
  expect(of("$limited:a#ann")).toEqual([true, ["ann"]]);
  expect(of("limited:a#ann,bob")).toEqual([false, ["ann", "bob"]]);
  expect(of("limited:a#x#ann")).toEqual([false, ["ann"]]);
  expect(of("limited:a#")).toEqual([false, [""]]);
  expect(of("limited:a")).toEqual([false, null]);
  expect(of("ns:a#ann")).toEqual([false, null]);
});

test("prefix, boundaries and separator are configured", () => {
  const own = { private_prefix: "!!", namespace_boundary: "::", user_boundary: "@@", user_separator: "++" };
  const other = createChannelRules(
    channelConfig({}, [{ name: "ns", allow_user_limited_channels: true }], own),
    flags(),
  );
  expect(other.resolve("!!ns::a@@ann++bob")).toMatchObject({ isPrivate: true, users: ["ann", "bob"] });
  expect(other.resolve("!!ns::a@@ann++bob")?.namespace.name).toBe("ns");
  expect(other.resolve("$nope:a#ann")).toMatchObject({ isPrivate: false, users: null });
});

test("an empty prefix, boundary or separator turns its rule off", () => {
  const none = { private_prefix: "", namespace_boundary: "", user_boundary: "", user_separator: "" };
  const limited = { allow_user_limited_channels: true };
  const bare = createChannelRules(channelConfig(limited, [{ name: "ns" }], none), flags());
  expect(bare.resolve("$nope:a#ann")).toMatchObject({ isPrivate: false, users: null });
  expect(bare.resolve("ns:a")?.namespace.name).toBe("");
  const single = createChannelRules(channelConfig(limited, [], { user_separator: "" }), flags());
  expect(single.resolve("a#ann,bob")?.users).toEqual(["ann,bob"]);
});

test("[CH8] names that look alike are other channels (T46)", () => {
  const names = ["rxu:\u0439", "rxu:\u0438\u0306", "ns:a", "ns:A", "ns:a ", "ns: a", "ns:\u0430", "ns:%61"];
  expect(new Set(names.map((name) => rules.resolve(name)?.name)).size).toBe(names.length);
  expect(rules.resolve("rxu:\u0439")?.isWellNamed).toBe(true);
  expect(rules.resolve("rxu:\u0438\u0306")?.isWellNamed).toBe(false);
});

test("a name means the same each time, however many others were asked for between (T46)", () => {
  const config = channelConfig({ allow_user_limited_channels: true }, [{ name: "rx", channel_regex: "^[a-z]+$" }]);
  const many = createChannelRules(config, flags());
  const name = fc.string({ unit: fc.constantFrom("a", "A", "$", ":", "#", ",", "rx:", "é"), maxLength: 6 });
  fc.assert(
    fc.property(name, (asked) => {
      expect(many.resolve(asked)).toEqual(createChannelRules(config, flags()).resolve(asked));
      expect(many.resolve(asked)).toEqual(many.resolve(asked));
    }),
    { numRuns: 500 },
  );
});

test("what is kept of names is bounded, and what is used stays (T47)", () => {
  const recent = createRecent<number>(3);
  const kept = () => Array.from({ length: 100 }, (_, at) => recent.get(`${at}`)).filter((value) => value !== undefined);
  for (let at = 0; at < 100; at++) {
    recent.set(`${at}`, at);
    expect(recent.get("0")).toBe(0);
  }
  expect(kept().length).toBeLessThanOrEqual(6);
  expect(recent.get("99")).toBe(99);
});
