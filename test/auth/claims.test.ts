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
  ])("[JW20] T20 %s is an ordinary user", async (_name, sub, user) => {
    expect((await identity(auth.connection(jwt({ sub })))).user).toBe(user);
  });

  test("[JW20] a token without sub, or with null, is of the anonymous user", async () => {
    expect(await identity(auth.connection(jwt({})))).toEqual({ user: "", expireAt: null, subscriptions: [] });
    expect((await identity(auth.connection(jwt({ sub: null })))).user).toBe("");
  });

  test.each([[42], [{}], [["ann"]], [true], ["\ud800"], ["ann\udc00"]])("T20 sub %j is invalid", async (sub) => {
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
  ])("T15 nbf: %s", async (_name, nbf, expected) => {
    expect(await connecting({ sub: "ann", nbf })).toBe(expected);
  });

  test.each([
    [{ secret: 1 }, '{"secret":1}'],
    [5, "5"],
  ])("the claim meta, here %j, is kept for hooks", async (meta, json) => {
    const found = await identity(auth.connection(jwt({ sub: "ann", meta })));
    expect(found).toEqual({ user: "ann", expireAt: null, subscriptions: [], meta: json });
  });

  test("T15 a jti is a text", async () => {
    expect(await connecting({ sub: "ann", jti: "5" })).toBe("ok");
    expect(await connecting({ sub: "ann", jti: 5 })).toBe("invalid");
  });

  test.each([[{ iat: now + 1000 }], [{ iat: "tomorrow" }]])("T15 %j is not looked at", async (more) => {
    const found = await identity(auth.connection(jwt({ sub: "ann", ...more })));
    expect(found).toEqual({ user: "ann", expireAt: null, subscriptions: [] });
  });

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
    expect((await identity(auth.connection(jwt(claims)))).expireAt as number | null).toBe(expected);
    expect((await subscription(auth.subscription(jwt({ channel: "c", ...claims })))).expireAt as number | null).toBe(
      expected,
    );
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

  test("patterns match as Go's do, anywhere unless anchored", async () => {
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

  test("the signature is looked at first, then aud and iss and channel, then the times", async () => {
    const expired = { exp: now - 60 };
    expect(await outcome(auth.connection(jwt(expired, { secret: "wrong" })))).toBe("invalid");
    expect(await outcome(held.connection(jwt({ ...expired, iss: "https://a.example" })))).toBe("invalid");
    expect(await outcome(held.connection(jwt({ ...expired, aud: "realtime" })))).toBe("invalid");
    expect(await connecting({ ...expired, channel: "c" })).toBe("invalid");
    expect(await outcome(auth.subscription(jwt(expired)))).toBe("expired");
  });
});
