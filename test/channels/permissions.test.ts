import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { Subscriber } from "../../src/channels/permissions.ts";
import { type ChannelRules, createChannelRules } from "../../src/channels/rules.ts";
import { noData, type Payload } from "../../src/core/payload.ts";
import { milliseconds } from "../../src/core/time.ts";
import { testTimeout } from "../support/patience.ts";
import { channelConfig, flags } from "./config.ts";

setDefaultTimeout(testTimeout);

const one: Payload = { kind: "json", json: "1" };
const someone: Subscriber = { user: "ann", subscribed: false, full: false, token: false, type: 0 };

const kept = { presence: true, history_size: 10, history_ttl: milliseconds(300_000) };
/** The namespaces of a server that was recorded: what each allows, as that server's answers showed it. */
const recorded = channelConfig({}, [
  { name: "closed", ...kept },
  {
    name: "room",
    ...kept,
    allow_subscribe_for_client: true,
    allow_publish_for_subscriber: true,
    allow_presence_for_subscriber: true,
    allow_history_for_subscriber: true,
  },
  { name: "read", ...kept, allow_subscribe_for_client: true },
  { name: "bare", allow_subscribe_for_client: true, allow_presence_for_client: true, allow_history_for_client: true },
  { name: "drop", allow_publish_for_client: true },
  { name: "limited", allow_user_limited_channels: true },
]);

type Action = "subscribe" | "publish" | "presence" | "history";

function ask(rules: ChannelRules, action: Action, name: string, asker: { user: string; subscribed: boolean }): number {
  switch (action) {
    case "subscribe":
      return rules.maySubscribe(name, { ...someone, user: asker.user })?.code ?? 0;
    case "publish":
      return rules.mayPublish(name, { ...asker, data: one })?.code ?? 0;
    case "presence":
      return rules.mayPresence(name, asker)?.code ?? 0;
    case "history":
      return rules.mayHistory(name, asker)?.code ?? 0;
  }
}

const roles = {
  stranger: { user: "ann", subscribed: false },
  subscriber: { user: "ann", subscribed: true },
  anonymous: { user: "", subscribed: false },
  "anonymous subscriber": { user: "", subscribed: true },
} as const;

/** Rows: channel and action. Columns: stranger, subscriber, anonymous, anonymous subscriber; 0 is allowed. */
const matrix: Readonly<Record<string, readonly [number, number, number, number]>> = {
  "closed:a subscribe": [103, 103, 103, 103],
  "closed:a publish": [103, 103, 103, 103],
  "closed:a presence": [103, 103, 103, 103],
  "closed:a history": [103, 103, 103, 103],
  "room:a subscribe": [0, 0, 103, 103],
  "room:a publish": [103, 0, 103, 103],
  "room:a presence": [103, 0, 103, 103],
  "room:a history": [103, 0, 103, 103],
  "read:a subscribe": [0, 0, 103, 103],
  "read:a publish": [103, 103, 103, 103],
  "read:a presence": [103, 103, 103, 103],
  "read:a history": [103, 103, 103, 103],
  "bare:a subscribe": [0, 0, 103, 103],
  "bare:a publish": [103, 103, 103, 103],
  "bare:a presence": [108, 108, 108, 108],
  "bare:a history": [108, 108, 108, 108],
  "drop:a subscribe": [103, 103, 103, 103],
  "drop:a publish": [0, 0, 103, 103],
  "drop:a presence": [108, 108, 108, 108],
  "drop:a history": [108, 108, 108, 108],
  "limited:a#ann,bob subscribe": [0, 0, 103, 103],
  "limited:#ann subscribe": [0, 0, 103, 103],
  "limited:a#bob#ann subscribe": [0, 0, 103, 103],
  "limited:a#bob,cy subscribe": [103, 103, 103, 103],
  "limited:a# subscribe": [103, 103, 0, 0],
  "limited:a subscribe": [103, 103, 103, 103],
  "limited:a#ann publish": [103, 103, 103, 103],
  "#ann subscribe": [103, 103, 103, 103],
  "$room:a subscribe": [103, 103, 103, 103],
  "$room:a publish": [103, 0, 103, 103],
  "$drop:a publish": [0, 0, 103, 103],
  "a subscribe": [103, 103, 103, 103],
  "nope:a subscribe": [102, 102, 102, 102],
  "nope:a publish": [102, 102, 102, 102],
  "nope:a presence": [102, 102, 102, 102],
  "nope:a history": [102, 102, 102, 102],
  "room:é subscribe": [107, 107, 107, 107],
  "room:é publish": [107, 107, 107, 107],
  "bare:é presence": [107, 107, 107, 107],
  "bare:é history": [107, 107, 107, 107],
};

/** With `client.insecure` the same, but that nobody is refused for want of permission; private channels apart. */
const insecurely = (row: string, code: number) => (code === 103 && !/^\$.* subscribe$/.test(row) ? 0 : code);

for (const [row, codes] of Object.entries(matrix)) {
  const [name = "", action = ""] = row.split(" ");
  for (const [column, [role, asker]] of Object.entries(roles).entries()) {
    const code = codes[column] ?? -1;
    test(`[CH25] ${role}, ${row}: ${code === 0 ? "allowed" : code} (T48)`, () => {
      const rules = createChannelRules(recorded, flags());
      expect(ask(rules, action as Action, name, asker)).toBe(code);
    });
    test(`[CH26] ${role}, ${row} where everything is allowed: ${insecurely(row, code) || "allowed"} (T48)`, () => {
      const rules = createChannelRules(recorded, flags({ insecure: true }));
      expect(ask(rules, action as Action, name, asker)).toBe(insecurely(row, code));
    });
  }
}

test("[CH20] subscribing is refused in the order of the protocol", () => {
  const regex = { channel_regex: "^[a-z]+$" };
  const rules = createChannelRules(channelConfig({}, [{ name: "rx", ...regex }], { max_length: 5 }), flags());
  // Everything is wrong at once; from step to step one thing less.
  const steps: readonly (readonly [number, string, Partial<Subscriber>])[] = [
    [108, "nope:LONG", { type: 4, subscribed: true, full: true }],
    [107, "nope:LONG", { type: 1, subscribed: true, full: true }],
    [105, "no:A", { type: 1, subscribed: true, full: true }],
    [106, "no:A", { type: 1, full: true }],
    [102, "no:A", { type: 1 }],
    [107, "rx:A", { type: 1 }],
    [103, "rx:a", { type: 1, token: true }],
    [103, "rx:a", {}],
  ];
  for (const [code, name, changes] of steps) {
    expect([changes, rules.maySubscribe(name, { ...someone, ...changes })?.code]).toEqual([changes, code]);
  }
  expect(rules.maySubscribe("rx:a", { ...someone, token: true })).toBeNull();
  for (const type of [1, 2, 3, 5, -1]) {
    expect(rules.maySubscribe("rx:a", { ...someone, token: true, type })?.code).toBe(103);
  }
});

test("a length is counted in bytes, for every command (T46)", () => {
  const all = { allow_subscribe_for_client: true, allow_publish_for_client: true, channel_regex: "." };
  const rules = createChannelRules(channelConfig(all, [], { max_length: 6 }), flags());
  const code = (name: string) => rules.maySubscribe(name, someone)?.code ?? 0;
  expect(["aaaaaa", "aaaaaaa", "ééé", "éééa", "😀é", "😀éa", "日本", "日本a"].map(code)).toEqual([
    0, 107, 0, 107, 0, 107, 0, 107,
  ]);
  expect(rules.mayPublish("aaaaaa", { ...someone, data: one })).toBeNull();
  expect(rules.mayPublish("aaaaaaa", { ...someone, data: one })?.code).toBe(107);
  const unlimited = createChannelRules(channelConfig(all, [], { max_length: 0 }), flags());
  expect(unlimited.maySubscribe("a".repeat(60_000), someone)).toBeNull();
});

test("[CH22] a private channel takes a token, and a token goes anywhere the rest allows", () => {
  const all = {
    allow_subscribe_for_client: true,
    allow_subscribe_for_anonymous: true,
    allow_user_limited_channels: true,
  };
  for (const insecure of [false, true]) {
    const rules = createChannelRules(channelConfig(all), flags({ insecure }));
    for (const name of ["$a", "$a#ann", "$:a"]) {
      expect(rules.maySubscribe(name, someone)?.code).toBe(103);
      expect(rules.maySubscribe(name, { ...someone, token: true })).toBeNull();
    }
  }
  const closed = createChannelRules(channelConfig({ allow_user_limited_channels: true }), flags());
  expect(closed.maySubscribe("a#bob", { ...someone, token: true })).toBeNull();
});

test("[CH23] nobody else gets into a user-limited channel, whatever is allowed to clients", () => {
  const all = { allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true };
  const rules = createChannelRules(channelConfig({ ...all, allow_user_limited_channels: true }), flags());
  const code = (name: string, user: string) => rules.maySubscribe(name, { ...someone, user })?.code ?? 0;
  expect(code("a#ann", "ann")).toBe(0);
  expect(code("a#annabel", "ann")).toBe(103);
  expect(code("a#Ann", "ann")).toBe(103);
  expect(code("a# ann", "ann")).toBe(103);
  expect(code("ann#bob", "ann")).toBe(103);
  expect(code("a#ann", "")).toBe(103);
  expect(code("a", "ann")).toBe(0);
  const off = createChannelRules(channelConfig(all), flags());
  expect(off.maySubscribe("a#bob", someone)).toBeNull();
});

test("[CH24] bad data is refused before a missing permission, and after a bad name", () => {
  const rules = createChannelRules(channelConfig({}), flags());
  const code = (name: string, data: Payload) => rules.mayPublish(name, { ...someone, data })?.code;
  expect(code("nope:é", noData)).toBe(102);
  expect(code("é", noData)).toBe(107);
  expect(code("a", noData)).toBe(107);
  expect(code("a", one)).toBe(103);
});

test("a publish into a map is refused, before its data is looked at", () => {
  const all = { allow_publish_for_client: true };
  const map = { ...someone, data: noData, isMapped: true };
  expect(createChannelRules(channelConfig(all), flags()).mayPublish("a", map)?.code).toBe(103);
  expect(createChannelRules(channelConfig(all), flags({ insecure: true })).mayPublish("a", map)?.code).toBe(108);
  expect(createChannelRules(channelConfig(all), flags()).mayPublish("nope:a", map)?.code).toBe(102);
});

const permissionNames = Object.keys(recorded.without_namespace).filter((name) => name.startsWith("allow_"));
const permissions = fc.record(Object.fromEntries(permissionNames.map((name) => [name, fc.boolean()])));
const role = fc.constantFrom(...Object.values(roles));
const action = fc.constantFrom<Action>("subscribe", "publish", "presence", "history");
const name = fc.constantFrom("a", "a#ann", "a#bob", "$a", "$a#ann", "a#");

test("allowing more takes nothing away, and nor does subscribing, or having a name", () => {
  fc.assert(
    fc.property(permissions, permissions, role, action, name, (some, more, asker, what, where) => {
      const both = Object.fromEntries(permissionNames.map((key) => [key, some[key] === true || more[key] === true]));
      // That a name can limit who subscribes is a rule of its own, and no permission to compare.
      const limited = { ...kept, allow_user_limited_channels: some["allow_user_limited_channels"] === true };
      const rulesOf = (options: object, insecure = false) =>
        createChannelRules(channelConfig({ ...options, ...limited }), flags({ insecure }));
      const less = ask(rulesOf(some), what, where, asker);
      if (less === 0) {
        expect(ask(rulesOf(both), what, where, asker)).toBe(0);
        expect(ask(rulesOf(some), what, where, { ...asker, subscribed: true })).toBe(0);
        expect(ask(rulesOf(some, true), what, where, asker)).toBe(0);
      }
      if (less === 0 && !where.endsWith("#")) {
        expect(ask(rulesOf(some), what, where, { ...asker, user: "ann" })).toBe(0);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("[CH25] what is allowed to the anonymous alone is allowed to nobody", () => {
  fc.assert(
    fc.property(permissions, role, action, (some, asker, what) => {
      const anonymousAlone: object = Object.fromEntries(
        Object.entries(some).filter(([key]) => key.endsWith("_for_anonymous")),
      );
      const rules = createChannelRules(channelConfig({ ...anonymousAlone, ...kept }), flags());
      expect(ask(rules, what, "a", asker)).toBe(103);
    }),
  );
});

test("[CH28] a refusal says nothing of the channel but its namespace (T49)", () => {
  const rules = createChannelRules(recorded, flags());
  for (const [what, namespaces] of [
    ["subscribe", ["closed:", "$closed:", "", "$", "limited:x#"]],
    ["publish", ["closed:", "read:"]],
    ["presence", ["closed:", "read:"]],
    ["history", ["closed:", "read:"]],
  ] as const) {
    for (const namespace of namespaces) {
      const refusals = ["exists", "missing", "a", "a".repeat(100)].map((rest) =>
        ask(rules, what, namespace + rest, roles.stranger),
      );
      expect(new Set(refusals)).toEqual(new Set([103]));
    }
  }
});
