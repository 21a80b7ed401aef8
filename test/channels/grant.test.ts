import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Wish } from "../../src/channels/grant.ts";
import type { ClientFlags } from "../../src/channels/options.ts";
import { createChannelRules } from "../../src/channels/rules.ts";
import { milliseconds } from "../../src/core/time.ts";
import type { ChannelOptions } from "../../src/options/channel.ts";
import { channelConfig, closedOptions, flags } from "./config.ts";

const kept = { history_size: 10, history_ttl: milliseconds(300_000) };
const nothing = { positioned: false, recoverable: false, joinLeave: false };
const everything = { positioned: true, recoverable: true, joinLeave: true };

function grant(options: Partial<ChannelOptions>, wish: Partial<Wish>, changes: Partial<ClientFlags> = {}) {
  const granted = createChannelRules(channelConfig(options), flags(changes)).grant("a", {
    user: "ann",
    request: nothing,
    ...wish,
  });
  if (granted === null) {
    throw new Error("unknown channel");
  }
  return granted;
}

/** What is granted of the three things that can be asked for, as three letters. */
function extras(
  options: Partial<ChannelOptions>,
  wish: Partial<Wish> = { request: everything },
  insecure = false,
): string {
  const { positioned, recoverable, joinLeave } = grant(options, wish, { insecure });
  return `${positioned ? "p" : "-"}${recoverable ? "r" : "-"}${joinLeave ? "j" : "-"}`;
}

test("[CH40] positions and recovery are granted where they are allowed, or the history may be read", () => {
  expect(extras(kept)).toBe("---");
  expect(extras({ ...kept, allow_positioning: true })).toBe("p--");
  expect(extras({ ...kept, allow_recovery: true })).toBe("pr-");
  expect(extras({ ...kept, allow_history_for_client: true })).toBe("pr-");
  expect(extras({ ...kept, allow_history_for_subscriber: true })).toBe("pr-");
  expect(extras({ ...kept, allow_history_for_anonymous: true })).toBe("---");
  expect(extras({ ...kept, allow_history_for_client: true }, { user: "", request: everything })).toBe("---");
  const anonymous = { allow_history_for_client: true, allow_history_for_anonymous: true };
  expect(extras({ ...kept, ...anonymous }, { user: "", request: everything })).toBe("pr-");
});

test("[CH40] joins are granted to those who may see presence, where the namespace has them", () => {
  expect(extras({ join_leave: true })).toBe("---");
  expect(extras({ join_leave: true, allow_presence_for_client: true })).toBe("--j");
  expect(extras({ join_leave: true, allow_presence_for_subscriber: true })).toBe("--j");
  expect(extras({ allow_presence_for_client: true, presence: true })).toBe("---");
});

test("[CH40] nothing is granted that is not asked for", () => {
  const allowed = {
    ...kept,
    allow_positioning: true,
    allow_recovery: true,
    join_leave: true,
    allow_presence_for_client: true,
  };
  expect(extras(allowed)).toBe("prj");
  expect(extras(allowed, { request: nothing })).toBe("---");
  expect(extras(allowed, { request: null })).toBe("---");
  expect(extras(allowed, { request: { ...nothing, positioned: true } })).toBe("p--");
  expect(extras(allowed, { request: { ...nothing, recoverable: true } })).toBe("pr-");
  expect(extras(allowed, { request: { ...nothing, joinLeave: true } })).toBe("--j");
});

test("[CH41] what is forced is there without asking, on the server's side too", () => {
  for (const request of [nothing, null]) {
    expect(extras({ ...kept, force_positioning: true }, { request })).toBe("p--");
    expect(extras({ ...kept, force_recovery: true }, { request })).toBe("pr-");
    expect(extras({ force_push_join_leave: true }, { request })).toBe("--j");
  }
});

test("[CH41] presence and announcements are the namespace's", () => {
  expect(grant({}, {})).toMatchObject({ presence: false, announced: false });
  expect(grant({ presence: true }, {})).toMatchObject({ presence: true, announced: false });
  expect(grant({ join_leave: true }, {})).toMatchObject({ presence: false, announced: true });
});

test("[CH41] an override goes before the namespace for everything that it names, and for nothing else", () => {
  const all = { presence: true, join_leave: true, force_push_join_leave: true, force_recovery: true, ...kept };
  expect(grant(all, { override: { presence: false } })).toMatchObject({
    presence: false,
    announced: true,
    joinLeave: true,
  });
  expect(grant(all, { override: { joinLeave: false } })).toMatchObject({ announced: false, joinLeave: true });
  expect(grant(all, { override: { forcePushJoinLeave: false } })).toMatchObject({ announced: true, joinLeave: false });
  expect(extras(all, { override: { forceRecovery: false } })).toBe("--j");
  expect(extras(all, { override: { forceRecovery: false, forcePositioning: true } })).toBe("p-j");
  expect(grant({}, { override: { presence: true, joinLeave: true, forceRecovery: true } })).toMatchObject({
    presence: true,
    announced: true,
    joinLeave: false,
    positioned: true,
    recoverable: true,
  });
  expect(extras({}, { override: { forcePushJoinLeave: true } })).toBe("--j");
  // What was turned off by the token may still be asked for, where it is allowed.
  const asked = { request: everything, override: { forceRecovery: false, forcePushJoinLeave: false } };
  expect(extras({ ...all, allow_recovery: true, allow_presence_for_client: true }, asked)).toBe("prj");
});

const anyOptions = fc
  .record(
    Object.fromEntries(
      Object.entries(closedOptions)
        .filter(([, value]) => value === false)
        .map(([name]) => [name, fc.boolean()]),
    ),
  )
  .map((options): Partial<ChannelOptions> => ({ ...options }));
const anyWish = fc.record({
  user: fc.constantFrom("", "ann"),
  request: fc.option(fc.record({ positioned: fc.boolean(), recoverable: fc.boolean(), joinLeave: fc.boolean() })),
});

test("what is recoverable is positioned, and only what is positioned has a stream", () => {
  fc.assert(
    fc.property(anyOptions, anyWish, fc.boolean(), fc.boolean(), (options, wish, insecure, isKept) => {
      const granted = grant({ ...options, ...(isKept ? kept : {}) }, wish, { insecure });
      expect(granted.recoverable && !granted.positioned).toBe(false);
      expect(granted.stream !== null).toBe(granted.positioned);
      expect(granted.autoCacheRecover).toBe(false);
    }),
  );
});

test("[CH26] insecurely everything that is asked for is granted, where the namespace has it", () => {
  expect(extras({}, { request: everything }, true)).toBe("pr-");
  expect(extras({ join_leave: true }, { request: everything }, true)).toBe("prj");
  expect(extras({ join_leave: true }, { request: nothing }, true)).toBe("---");
  expect(extras({ join_leave: true }, { request: null }, true)).toBe("---");
});

const namespaceOf = (options: Partial<ChannelOptions>, changes: Partial<ClientFlags> = {}) =>
  createChannelRules(channelConfig(options, [], { history_meta_ttl: milliseconds(1_000_000) }), flags(changes)).resolve(
    "a",
  )?.namespace;

test("[CH43] a history has its namespace's figures, and the defaults of all channels", () => {
  expect(namespaceOf(kept)?.history).toEqual({ durable: true, size: 10, ttl: 300_000, metaTtl: 1_000_000 });
  const own = { ...kept, history_meta_ttl: milliseconds(400_000), engine: "memory" } as const;
  expect(namespaceOf(own)?.history).toEqual({ durable: false, size: 10, ttl: 300_000, metaTtl: 400_000 });
  expect(namespaceOf(kept, { engine: "memory" })?.history?.durable).toBe(false);
  expect(namespaceOf({ history_size: 10 })?.history).toBeNull();
  expect(namespaceOf({ history_ttl: milliseconds(1_000) })?.history).toBeNull();
  expect(grant({ ...kept, force_recovery: true }, {}).stream).toMatchObject({ size: 10, ttl: 300_000 });
});

test("where no history is kept a position can be granted, in a stream that is not stored", () => {
  const granted = grant({}, { request: everything }, { insecure: true });
  expect(granted).toMatchObject({ positioned: true, recoverable: true, stream: { durable: false, size: 1 } });
  expect(granted.namespace.history).toBeNull();
});

test("[CH45] the latest publication comes without asking in cache mode, where it is recoverable", () => {
  const cache = { ...kept, force_recovery_mode: "cache", auto_cache_recover: true } as const;
  expect(grant({ ...cache, force_recovery: true }, {})).toMatchObject({
    recoveryMode: "cache",
    autoCacheRecover: true,
  });
  expect(grant({ ...cache, force_recovery: true }, { request: null })).toMatchObject({ autoCacheRecover: true });
  expect(grant(cache, {})).toMatchObject({ recoveryMode: "cache", autoCacheRecover: false });
  const unasked = { ...cache, auto_cache_recover: false };
  expect(grant({ ...unasked, force_recovery: true }, {}).autoCacheRecover).toBe(false);
  // The answer of a connect hook may ask for it.
  const override = { cacheRecover: true };
  expect(grant({ ...unasked, force_recovery: true }, { override }).autoCacheRecover).toBe(true);
  expect(grant(unasked, { override }).autoCacheRecover).toBe(false);
  for (const mode of ["", "stream"] as const) {
    const stream = { ...cache, force_recovery: true, force_recovery_mode: mode };
    expect(grant(stream, {})).toMatchObject({ recoveryMode: "stream", autoCacheRecover: false });
  }
});

test("[CH46] a channel asked for on connecting is given where one could subscribe without a token", () => {
  const open = { allow_subscribe_for_client: true, allow_user_limited_channels: true };
  const rules = createChannelRules(channelConfig(open, [{ name: "closed" }]), flags());
  const given = (name: string, user = "ann") => rules.onConnect(name, user);
  expect(given("a")).toBe("given");
  expect(given("a#ann")).toBe("given");
  expect(given("a#bob")).toBe("left out");
  expect(given("a#", "")).toBe("left out");
  expect(given("a", "")).toBe("left out");
  expect(given("$a")).toBe("left out");
  expect(given("é")).toBe("left out");
  expect(given("")).toBe("left out");
  expect(given("closed:a")).toBe("left out");
  expect(given("nope:a")).toBe("unknown");
  const insecure = createChannelRules(channelConfig({ allow_user_limited_channels: true }), flags({ insecure: true }));
  expect(["a", "a#bob", "a#"].map((name) => insecure.onConnect(name, ""))).toEqual(["given", "given", "given"]);
  expect(["$a", "é", ""].map((name) => insecure.onConnect(name, ""))).toEqual(["left out", "left out", "left out"]);
});

test("[CH47] a personal channel is named by the configuration; the anonymous have none", () => {
  const personal = (namespace: string, enabled = true) =>
    createChannelRules(
      channelConfig({}),
      flags({
        subscribe_to_user_personal_channel: { enabled, personal_channel_namespace: namespace },
      }),
    );
  expect(personal("").personalChannel("ann")).toBe("#ann");
  expect(personal("me").personalChannel("ann")).toBe("me:#ann");
  expect(personal("me").personalChannel("")).toBeNull();
  expect(personal("me", false).personalChannel("ann")).toBeNull();
});
