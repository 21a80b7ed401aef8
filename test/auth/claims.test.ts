import { describe, expect, test } from "bun:test";
import { authenticator, identity, jwt, now, outcome, subscription } from "./support.ts";

const auth = authenticator();

/** The outcome of a connection token with these claims. */
const connecting = (claims: unknown) => outcome(auth.connection(jwt(claims)));

describe("users", () => {
  test.each([
    ["an ordinary id", "ann", "ann"],
    ["the empty id", "", ""],
    ["__proto__", "__proto__", "__proto__"],
    ["control characters", "a\u0000\n\u001b[31m", "a\u0000\n\u001b[31m"],
    ["4 KB", "x".repeat(4096), "x".repeat(4096)],
    ["a lone surrogate", "\ud800", "\ud800"],
  ])("[JW20] T20 %s is an ordinary user", async (_name, sub, user) => {
    expect((await identity(auth.connection(jwt({ sub })))).user).toBe(user);
  });

  test("[JW20] a token without sub, or with null, is of the anonymous user", async () => {
    expect(await identity(auth.connection(jwt({})))).toEqual({ user: "", expireAt: null, subscriptions: [] });
    expect((await identity(auth.connection(jwt({ sub: null })))).user).toBe("");
  });

  test.each([[42], [{}], [["ann"]], [true]])("[JW21] T20 sub %j is invalid", async (sub) => {
    expect(await connecting({ sub })).toBe("invalid");
  });

  test("[JW22] user_id_claim names the claim with the user, where a number is a user as well", async () => {
    const other = authenticator({ hmac_secret_key: "secret", user_id_claim: "constructor" });
    const user = async (claims: unknown) => (await identity(other.connection(jwt(claims)))).user;
    expect(await user({ sub: "ann", constructor: "bob" })).toBe("bob");
    expect(await user({ constructor: 42 })).toBe("42");
    expect(await user({ sub: "ann" })).toBe("");
    expect(await outcome(other.connection(jwt({ constructor: { id: 1 } })))).toBe("invalid");
    expect(await outcome(other.connection(jwt({ constructor: 1.5 })))).toBe("invalid");
    expect(await outcome(other.connection(jwt({ sub: 1, constructor: "bob" })))).toBe("invalid");
  });
});

describe("times", () => {
  test.each([
    ["a second ahead", now + 1, "ok"],
    ["a fraction ahead", now + 0.5, "ok"],
    ["this very moment", now, "expired"],
    ["a second ago", now - 1, "expired"],
    ["0", 0, "expired"],
    ["negative", -5, "expired"],
    ["missing", undefined, "ok"],
    ["null", null, "ok"],
    ["numeric text ahead", `${now + 60}`, "ok"],
    ["numeric text ago", `${now - 60}`, "expired"],
    ["other text", "tomorrow", "invalid"],
    ["empty text", "", "invalid"],
    ["hexadecimal text", "0xffffffffff", "invalid"],
    ["1e308", 1e308, "expired"],
    ["an object", {}, "invalid"],
    ["true", true, "invalid"],
  ])("[JW23] T15 exp: %s", async (_name, exp, expected) => {
    expect(await connecting({ sub: "ann", exp })).toBe(expected);
    expect(await outcome(auth.subscription(jwt({ sub: "ann", channel: "c", exp })))).toBe(expected);
  });

  test("[JW23] T15 exp beyond all numbers is invalid", async () => {
    expect(await connecting('{"sub":"ann","exp":1e400}')).toBe("invalid");
  });

  test.each([
    ["now", now, "ok"],
    ["a second ago", now - 1, "ok"],
    ["a second ahead", now + 1, "expired"],
    ["1e308", 1e308, "expired"],
    ["numeric text ahead", `${now + 60}`, "expired"],
    ["other text", "tomorrow", "invalid"],
  ])("[JW24] T15 nbf: %s", async (_name, nbf, expected) => {
    expect(await connecting({ sub: "ann", nbf })).toBe(expected);
  });

  test.each([[{ iat: now + 1000 }], [{ iat: "tomorrow" }], [{ jti: 5 }]])(
    "[JW25] T15 %j is not looked at",
    async (more) => {
      expect(await connecting({ sub: "ann", ...more })).toBe("ok");
    },
  );

  test.each([
    ["exp alone", { exp: now + 60.9 }, now + 60],
    ["exp as text", { exp: `${now + 60}` }, now + 60],
    ["expire_at over exp", { exp: now + 60, expire_at: now + 5 }, now + 5],
    ["expire_at without exp", { expire_at: now + 5 }, now + 5],
    ["expire_at that has passed", { exp: now + 60, expire_at: now - 5 }, now - 5],
    ["expire_at 0", { exp: now + 60, expire_at: 0 }, null],
    ["expire_at negative", { exp: now + 60, expire_at: -1 }, null],
    ["neither", {}, null],
  ])("[JW26] the expiry: %s", async (_name, claims, expected) => {
    expect((await identity(auth.connection(jwt(claims)))).expireAt).toBe(expected);
    expect((await subscription(auth.subscription(jwt({ channel: "c", ...claims })))).expireAt).toBe(expected);
  });

  test.each([["10"], [1.5], [{}], [1e300]])("[JW26] expire_at %j is invalid", async (expire_at) => {
    expect(await connecting({ expire_at })).toBe("invalid");
  });
});

describe("audience and issuer", () => {
  const held = authenticator({ hmac_secret_key: "secret", audience: "realtime", issuer: "https://a.example" });
  test.each([
    ["both fit", { aud: "realtime", iss: "https://a.example" }, "ok"],
    ["a list that has it", { aud: ["x", "realtime"], iss: "https://a.example" }, "ok"],
    ["another aud", { aud: "other", iss: "https://a.example" }, "invalid"],
    ["a prefix of it", { aud: "realtim", iss: "https://a.example" }, "invalid"],
    ["another case", { aud: "Realtime", iss: "https://a.example" }, "invalid"],
    ["a list without it", { aud: ["x"], iss: "https://a.example" }, "invalid"],
    ["an empty list", { aud: [], iss: "https://a.example" }, "invalid"],
    ["no aud", { iss: "https://a.example" }, "invalid"],
    ["no iss", { aud: "realtime" }, "invalid"],
    ["another iss", { aud: "realtime", iss: "https://a.example/" }, "invalid"],
    ["iss as list", { aud: "realtime", iss: ["https://a.example"] }, "invalid"],
    ["aud as number", { aud: 1, iss: "https://a.example" }, "invalid"],
  ])("[JW27] T20 %s", async (_name, claims, expected) => {
    expect(await outcome(held.connection(jwt(claims)))).toBe(expected);
    expect(await outcome(held.subscription(jwt({ channel: "c", ...claims })))).toBe(expected);
  });

  test("[JW28] patterns match as Go's do, anywhere unless anchored", async () => {
    const token = {
      hmac_secret_key: "secret",
      audience_regex: "^(?P<env>prod|test)\\-eu$",
      issuer_regex: "(?i)tenant",
    };
    const patterned = authenticator(token);
    const check = (claims: unknown) => outcome(patterned.connection(jwt(claims)));
    expect(await check({ aud: "prod-eu", iss: "https://TENANT7.example" })).toBe("ok");
    expect(await check({ aud: ["x", "test-eu"], iss: "tenant" })).toBe("ok");
    expect(await check({ aud: "prod-eu2", iss: "tenant" })).toBe("invalid");
    expect(await check({ aud: "prod-eu", iss: "other" })).toBe("invalid");
    expect(await check({ aud: "prod-eu" })).toBe("invalid");
  });

  test("[JW29] the signature is looked at first, then aud and iss and channel, then the times", async () => {
    const expired = { exp: now - 60 };
    expect(await outcome(auth.connection(jwt(expired, { secret: "wrong" })))).toBe("invalid");
    expect(await outcome(held.connection(jwt({ ...expired, iss: "https://a.example" })))).toBe("invalid");
    expect(await outcome(held.connection(jwt({ ...expired, aud: "realtime" })))).toBe("invalid");
    expect(await connecting({ ...expired, channel: "c" })).toBe("invalid");
    expect(await outcome(auth.subscription(jwt(expired)))).toBe("expired");
  });
});

describe("connection tokens", () => {
  test("[JW30] a token that names a channel is no connection token", async () => {
    expect(await connecting({ sub: "ann", channel: "c" })).toBe("invalid");
    expect(await connecting({ sub: "ann", channel: "" })).toBe("ok");
  });

  test("[JW31] channels are subscriptions, each once, in their order", async () => {
    const { subscriptions } = await identity(auth.connection(jwt({ channels: ["b", "a", "b"] })));
    expect(subscriptions).toEqual([{ channel: "b" }, { channel: "a" }]);
  });

  test("[JW32] subs win over channels and carry info, data and override", async () => {
    const subs = {
      a: { info: { r: 1 }, data: null, override: { presence: { value: true }, join_leave: {}, force_recovery: null } },
      "": { b64info: encodeStandard('{"i":1}'), info: 2, b64data: encodeStandard(" [1,\n2] ") },
      constructor: {},
      none: null,
    };
    const { subscriptions } = await identity(auth.connection(jwt({ channels: ["z"], subs })));
    expect(subscriptions).toEqual([
      { channel: "a", info: '{"r":1}', data: "null", override: { presence: true, joinLeave: false } },
      { channel: "", info: '{"i":1}', data: "[1,2]" },
      { channel: "constructor" },
      { channel: "none" },
    ]);
    const empty = await identity(auth.connection(jwt({ channels: ["z"], subs: {} })));
    expect(empty.subscriptions).toEqual([{ channel: "z" }]);
  });

  test("[JW32] every override is known", async () => {
    const names = ["presence", "join_leave", "force_push_join_leave", "force_recovery", "force_positioning"];
    const override = Object.fromEntries(names.map((name) => [name, { value: true }]));
    const { subscriptions } = await identity(auth.connection(jwt({ subs: { a: { override } } })));
    expect(subscriptions[0]?.override).toEqual({
      presence: true,
      joinLeave: true,
      forcePushJoinLeave: true,
      forceRecovery: true,
      forcePositioning: true,
    });
  });

  test("[JW33] info is the JSON that the token has, to the last digit, on one line", async () => {
    const info = async (text: string) => (await identity(auth.connection(jwt(text)))).info;
    expect(await info('{"info":{"id":12345678901234567890,"x":1.0,"y":-0}}')).toBe(
      '{"id":12345678901234567890,"x":1.0,"y":-0}',
    );
    expect(await info('{"info":{\n "a": "\\n" }}')).toBe('{"a":"\\n"}');
    expect(await info('{"info":null}')).toBe("null");
    expect(await info('{"info":"Ann"}')).toBe('"Ann"');
    expect(await info("{}")).toBeUndefined();
  });

  test("[JW34] b64info is JSON in base64 and wins over info", async () => {
    const { info } = await identity(auth.connection(jwt({ info: 1, b64info: encodeStandard('{"a":">>?"}') })));
    expect(info).toBe('{"a":">>?"}');
    expect((await identity(auth.connection(jwt({ info: 1, b64info: "" })))).info).toBe("1");
  });

  const brokenBase64 = ["%%%", "eyJ9", "e30", "e3=0", encodeStandard("not json"), encodeStandard("\ufeff1"), "/w=="];
  test.each(brokenBase64.map((b64info) => [b64info]))(
    "[JW35] a broken b64info %j makes the token unavailable",
    async (b64info) => {
      expect(await connecting({ sub: "ann", b64info })).toBe("unavailable");
      expect(await connecting({ sub: "ann", b64info, exp: now - 1 })).toBe("expired");
    },
  );

  test("[JW35] a broken b64info or b64data of a subscription makes it invalid", async () => {
    expect(await connecting({ subs: { a: { b64info: "%" } } })).toBe("invalid");
    expect(await connecting({ subs: { a: { b64data: "%" } } })).toBe("invalid");
    expect(await outcome(auth.subscription(jwt({ channel: "c", b64info: "%" })))).toBe("invalid");
    expect(await outcome(auth.subscription(jwt({ channel: "c", b64data: "%" })))).toBe("invalid");
  });

  test.each([
    [{ channels: "a" }],
    [{ channels: [1] }],
    [{ channels: {} }],
    [{ subs: [] }],
    [{ subs: { a: 1 } }],
    [{ subs: { a: { override: { presence: true } } } }],
    [{ subs: { a: { override: { presence: { value: 1 } } } } }],
    [{ subs: { a: { b64info: 1 } } }],
    [{ b64info: 1 }],
    [{ channel: 1 }],
    [{ iss: 1 }],
    [{ aud: [1] }],
  ])("[JW36] a claim of the wrong type is invalid: %j", async (claims) => {
    expect(await connecting(claims)).toBe("invalid");
  });

  test.each([["null"], ["1"], ['"x"'], ["[]"], [""], ["{"], ["{}{}"], ["\ufeff{}"]])(
    "[JW36] claims that are no JSON object are invalid: %j",
    async (text) => {
      expect(await connecting(text)).toBe("invalid");
    },
  );

  test("[JW37] claims are matched exactly", async () => {
    const { user, expireAt } = await identity(auth.connection(jwt({ Sub: "bob", sub: "ann", EXP: 1, " exp": 1 })));
    expect({ user, expireAt }).toEqual({ user: "ann", expireAt: null });
  });

  test("[JW38] T19 T39 names of prototypes and deep nesting harm nothing", async () => {
    const text =
      '{"sub":"ann","__proto__":{"channels":["x"],"polluted":1},"info":{"__proto__":{"polluted":1}},"subs":{"__proto__":{"data":1}}}';
    const found = await identity(auth.connection(jwt(text)));
    expect(found).toEqual({
      user: "ann",
      expireAt: null,
      info: '{"__proto__":{"polluted":1}}',
      subscriptions: [{ channel: "__proto__", data: "1" }],
    });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    const deep = `${"[".repeat(5_900)}${"]".repeat(5_900)}`;
    expect(await connecting(`{"info":${deep}}`)).toBeOneOf(["ok", "invalid"]);
  });
});

describe("subscription tokens", () => {
  test("[JW40] a subscription token says for whom, where and with what", async () => {
    const claims = {
      sub: "ann",
      channel: "c",
      client: "id",
      exp: now + 60,
      info: { a: 1 },
      data: [2],
      override: { presence: { value: true } },
    };
    expect(await subscription(auth.subscription(jwt(claims)))).toEqual({
      user: "ann",
      channel: "c",
      client: "id",
      expireAt: now + 60,
      info: '{"a":1}',
      data: "[2]",
      override: { presence: true },
    });
    expect(await subscription(auth.subscription(jwt({ channel: "c" })))).toEqual({
      user: "",
      channel: "c",
      client: "",
      expireAt: null,
    });
  });

  test.each([
    [{ sub: "ann" }],
    [{ channel: "" }],
    [{ channel: null }],
    [{ channel: 1 }],
    [{ channel: "c", client: 1 }],
    [{ channel: "c", sub: 1 }],
  ])("[JW41] T23 %j is no subscription token", async (claims) => {
    expect(await outcome(auth.subscription(jwt(claims)))).toBe("invalid");
  });
});

/** Base64 as RFC 4648 4 has it. */
function encodeStandard(text: string): string {
  return Buffer.from(text).toString("base64");
}
