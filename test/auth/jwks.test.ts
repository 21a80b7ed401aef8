import { afterAll, describe, expect, test } from "bun:test";
import type { KeyObject } from "node:crypto";
import { remoteKeys } from "../../src/auth/jwks.ts";
import type { AuthenticatorOptions } from "../../src/auth/jwt.ts";
import { readKeySet } from "../../src/auth/key-set.ts";
import { tokenDefaults } from "../../src/auth/options.ts";
import { authenticator, encode, jwt, keptLog, keyPair, manualClock, now, outcome } from "./support.ts";

const keys = { RS256: keyPair("RS256"), ES256: keyPair("ES256"), ES512: keyPair("ES512"), EdDSA: keyPair("EdDSA") };
const claims = { sub: "ann", exp: now + 86_400 };
const servers: { stop(force: boolean): unknown }[] = [];
afterAll(() => {
  for (const server of servers) server.stop(true);
});

/** A key set server on a free port whose answer a test may change, and which counts what it was asked. */
function keyServer(answer: () => Response | Promise<Response>) {
  const asked: string[] = [];
  const state = { answer };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      asked.push(new URL(request.url).pathname);
      return state.answer();
    },
  });
  servers.push(server);
  return { asked, state, url: `http://127.0.0.1:${server.port}/keys` };
}

const jwk = (key: KeyObject, more: object) => ({ ...key.export({ format: "jwk" }), ...more });
const keySet = (...set: object[]) => Response.json({ keys: set });
const rsaSet = (kid = "r") => keySet(jwk(keys.RS256.publicKey, { kid, alg: "RS256", use: "sig" }));
const rsaToken = (kid?: string, more: object = {}) =>
  jwt({ ...claims, ...more }, { alg: "RS256", key: keys.RS256.privateKey, header: kid === undefined ? {} : { kid } });

function remote(url: string, rest: Partial<AuthenticatorOptions> = {}) {
  const clock = manualClock();
  const log = keptLog();
  return { clock, log, auth: authenticator({ jwks_public_endpoint: url }, { clock, log, ...rest }) };
}

describe("keys of a set", () => {
  test("[JW50] RSA, ECDSA and EdDSA keys are taken from the set by their kid", async () => {
    const server = keyServer(() =>
      keySet(
        jwk(keys.RS256.publicKey, { kid: "r" }),
        jwk(keys.ES256.publicKey, { kid: "e", alg: "ES256", use: "sig", x5c: ["ignored"] }),
        jwk(keys.ES512.publicKey, { kid: "e5" }),
        jwk(keys.EdDSA.publicKey, { kid: "d", alg: "EdDSA" }),
        { kty: "future", kid: "f" },
      ),
    );
    const { auth } = remote(server.url);
    const signed = (alg: string, kid: string, key: KeyObject) =>
      outcome(auth.connection(jwt(claims, { alg, key, header: { kid } })));
    for (const alg of ["RS256", "RS384", "RS512"]) expect(await signed(alg, "r", keys.RS256.privateKey)).toBe("ok");
    expect(await signed("ES256", "e", keys.ES256.privateKey)).toBe("ok");
    expect(await signed("ES512", "e5", keys.ES512.privateKey)).toBe("ok");
    expect(await signed("EdDSA", "d", keys.EdDSA.privateKey)).toBe("ok");
    expect(await signed("ES256", "e5", keys.ES256.privateKey)).toBe("invalid");
    expect(await signed("RS256", "e", keys.RS256.privateKey)).toBe("invalid");
    expect(await signed("EdDSA", "f", keys.EdDSA.privateKey)).toBe("invalid");
    expect(await signed("EdDSA", "d", keyPair("EdDSA").privateKey)).toBe("invalid");
    expect(server.asked).toEqual(["/keys"]);
  });

  test("[JW50] a key of the set is held to its own algorithm and use", async () => {
    const server = keyServer(() =>
      keySet(
        jwk(keys.RS256.publicKey, { kid: "r", alg: "RS256" }),
        jwk(keys.RS256.publicKey, { kid: "enc", use: "enc" }),
      ),
    );
    const { auth } = remote(server.url);
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
    expect(await outcome(auth.connection(rsaToken("enc")))).toBe("invalid");
    const rs512 = jwt(claims, { alg: "RS512", key: keys.RS256.privateKey, header: { kid: "r" } });
    expect(await outcome(auth.connection(rs512))).toBe("invalid");
  });

  const goodJwk = jwk(keys.RS256.publicKey, { kid: "r" });
  const withoutMember = (name: string) => Object.fromEntries(Object.entries(goodJwk).filter(([key]) => key !== name));
  test.each<[string, unknown]>([
    ["is no object", 7],
    ["is null", null],
    ["has no kty", withoutMember("kty")],
    ["has no kid", withoutMember("kid")],
    ["has a numeric kid", { ...goodJwk, kid: 7 }],
    ["has a null kid", { ...goodJwk, kid: null }],
    ["has no modulus", withoutMember("n")],
    ["has a modulus that is a number", { ...goodJwk, n: 5 }],
    ["has a modulus that is no base64url", { ...goodJwk, n: "***" }],
    ["has an empty modulus", { ...goodJwk, n: "" }],
    ["has a modulus that is too short", { ...goodJwk, n: "AQAB" }],
    ["has an unknown kty", { ...goodJwk, kty: "future" }],
    ["has a numeric kty", { ...goodJwk, kty: 1 }],
    ["has an unknown crv", { ...jwk(keys.ES256.publicKey, { kid: "r" }), crv: "P-1" }],
    ["has a point that is not on its curve", { ...jwk(keys.ES256.publicKey, { kid: "r" }), x: "AAAA" }],
    ["has an unknown alg", { ...goodJwk, alg: "RS1" }],
    ["has a numeric alg", { ...goodJwk, alg: 256 }],
    ["is for encryption", { ...goodJwk, use: "enc" }],
    ["has an unknown use", { ...goodJwk, use: ["sig"] }],
    ["may not verify", { ...goodJwk, key_ops: ["sign"] }],
    ["has key_ops that are no list", { ...goodJwk, key_ops: "verify" }],
    ["is a private key", jwk(keys.RS256.privateKey, { kid: "r" })],
    ["is a secret", { kty: "oct", kid: "r", k: "c2VjcmV0" }],
  ])("[JW61] an entry that %s is ignored, and the keys beside it count", async (_name, entry) => {
    const other = keyPair("RS256");
    const server = keyServer(() => Response.json({ keys: [entry, jwk(other.publicKey, { kid: "r" }), entry] }));
    const { auth } = remote(server.url);
    const signed = jwt(claims, { alg: "RS256", key: other.privateKey, header: { kid: "r" } });
    expect(await outcome(auth.connection(signed))).toBe("ok");
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("invalid");
  });

  test("[JW62] every key of a kid is tried, and a key that stands twice is one", async () => {
    const others = [keyPair("RS256"), keyPair("RS256")];
    const same = jwk(keys.RS256.publicKey, { kid: "k" });
    const server = keyServer(() =>
      keySet(
        same,
        ...others.map(({ publicKey }) => jwk(publicKey, { kid: "k", alg: "RS256" })),
        jwk(keys.ES256.publicKey, { kid: "k" }),
        { ...same, x5t: "other metadata" },
      ),
    );
    const { auth } = remote(server.url);
    const signed = (alg: string, key: KeyObject) =>
      outcome(auth.connection(jwt(claims, { alg, key, header: { kid: "k" } })));
    for (const { privateKey } of [keys.RS256, ...others]) expect(await signed("RS256", privateKey)).toBe("ok");
    expect(await signed("ES256", keys.ES256.privateKey)).toBe("ok");
    expect(await signed("RS256", keyPair("RS256").privateKey)).toBe("invalid");
    const set = readKeySet({ keys: [same, same, { ...same, x5t: "other metadata" }] });
    expect((await set?.find("k", "RS256"))?.length).toBe(1);
  });

  test.each([
    ["null optional members", { use: null, key_ops: null, alg: null }],
    ["extra members and operations", { ext: true, key_ops: ["verify", "encrypt"], x5c: ["ignored"], more: {} }],
  ])("[JW61] a key with %s is used", async (_name, more) => {
    const server = keyServer(() => keySet(jwk(keys.RS256.publicKey, { kid: "r", ...more })));
    expect(await outcome(remote(server.url).auth.connection(rsaToken("r")))).toBe("ok");
  });

  test("T13 secrets of a set, and public keys as secrets, verify nothing", async () => {
    const secret = Buffer.from("secret").toString("base64url");
    const server = keyServer(() =>
      keySet({ kty: "oct", kid: "s", k: secret }, jwk(keys.RS256.publicKey, { kid: "r" })),
    );
    const { auth } = remote(server.url);
    expect(await outcome(auth.connection(jwt(claims, { header: { kid: "s" } })))).toBe("invalid");
    expect(await outcome(auth.connection(jwt(claims, { secret: keys.RS256.pem, header: { kid: "r" } })))).toBe(
      "invalid",
    );
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
  });

  test("a set stands alone: the keys of the configuration are not used beside it", async () => {
    const server = keyServer(() => rsaSet());
    const auth = authenticator({
      jwks_public_endpoint: server.url,
      hmac_secret_key: "secret",
      rsa_public_key: keys.RS256.pem,
    });
    expect(await outcome(auth.connection(jwt(claims)))).toBe("invalid");
    expect(await outcome(auth.connection(rsaToken()))).toBe("invalid");
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
  });

  test("T18 the same kid behind two addresses is two keys", async () => {
    const other = keyPair("RS256");
    const [one, two] = [keyServer(() => rsaSet("k")), keyServer(() => keySet(jwk(other.publicKey, { kid: "k" })))];
    const auth = authenticator(
      { jwks_public_endpoint: one.url },
      { subscriptionToken: { ...tokenDefaults, enabled: true, jwks_public_endpoint: two.url } },
    );
    const byOther = (more: object) =>
      jwt({ ...claims, ...more }, { alg: "RS256", key: other.privateKey, header: { kid: "k" } });
    expect(await outcome(auth.connection(rsaToken("k")))).toBe("ok");
    expect(await outcome(auth.connection(byOther({})))).toBe("invalid");
    expect(await outcome(auth.subscription(byOther({ channel: "c" })))).toBe("ok");
    expect(await outcome(auth.subscription(rsaToken("k", { channel: "c" })))).toBe("invalid");
    expect([one.asked.length, two.asked.length]).toEqual([1, 1]);
  });
});

describe("what is fetched, and when", () => {
  test("[JW54] T16 a flood of unknown kids makes one fetch in 30 seconds", async () => {
    const server = keyServer(() => rsaSet());
    const { auth, clock } = remote(server.url);
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
    const kids = [
      "../../dev/null",
      "' OR 1=1 --",
      "http://127.0.0.1:9/",
      "__proto__",
      "constructor",
      "",
      "x".repeat(4_000),
    ];
    const flood = () =>
      Promise.all(Array.from({ length: 300 }, (_, at) => outcome(auth.connection(rsaToken(kids[at % 7])))));
    expect(new Set(await flood())).toEqual(new Set(["unavailable"]));
    expect(server.asked.length).toBe(1);
    clock.advance(29_999);
    await flood();
    expect(server.asked.length).toBe(1);
    clock.advance(1);
    expect(new Set(await flood())).toEqual(new Set(["invalid"]));
    expect(new Set(await flood())).toEqual(new Set(["unavailable"]));
    expect(server.asked.length).toBe(2);
    expect(new Set(server.asked)).toEqual(new Set(["/keys"]));
  });

  test("[JW54] a new key of the issuer is found once the floor has passed", async () => {
    const server = keyServer(() => rsaSet("old"));
    const { auth, clock } = remote(server.url);
    expect(await outcome(auth.connection(rsaToken("old")))).toBe("ok");
    server.state.answer = () => rsaSet("new");
    clock.advance(1_000);
    expect(await outcome(auth.connection(rsaToken("made-up")))).toBe("unavailable");
    expect(await outcome(auth.connection(rsaToken("new")))).toBe("unavailable");
    clock.advance(29_000);
    expect(await outcome(auth.connection(rsaToken("new")))).toBe("ok");
    expect(await outcome(auth.connection(rsaToken("old")))).toBe("unavailable");
    clock.advance(30_000);
    expect(await outcome(auth.connection(rsaToken("old")))).toBe("invalid");
  });

  test("tokens that come together wait for one fetch", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const server = keyServer(() => promise);
    const { auth, clock } = remote(server.url);
    const come = () => Array.from({ length: 50 }, () => outcome(auth.connection(rsaToken("r"))));
    const early = come();
    clock.advance(60_000);
    const waiting = [...early, ...come()];
    resolve(rsaSet());
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["ok"]));
    expect(server.asked.length).toBe(1);
  });

  test("[JW56] T16 T17 no token makes a fetch of anything but the configured address, a refused one none at all", async () => {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return rsaSet();
    };
    const token = { jwks_public_endpoint: "https://keys.example/jwks", issuer_regex: "^https://(?P<tenant>.+)$" };
    const auth = authenticator(token, { fetch });
    const refusedEarly = [
      jwt({ iss: "https://evil.example" }),
      jwt({ iss: "https://evil.example" }, { header: { alg: "none", kid: "r" } }),
      rsaToken(undefined, { iss: "https://evil.example" }),
      `${rsaToken("r")}.x`,
      "eyJ",
      jwt({ iss: "https://evil.example" }, { header: { alg: "RS256", kid: "r", crit: ["x"] } }),
      `${encode({ alg: "RS256", kid: "r" })}.${"A".repeat(16_384)}.AAAA`,
    ];
    for (const forged of refusedEarly) expect(await outcome(auth.connection(forged))).toBe("invalid");
    expect(asked).toEqual([]);
    const header = { kid: "r", jku: "https://evil.example/jwks", x5u: "https://evil.example/x" };
    const forged = jwt({ iss: "https://evil.example" }, { alg: "RS256", key: keyPair("RS256").privateKey, header });
    expect(await outcome(auth.connection(forged))).toBe("invalid");
    expect(await outcome(auth.connection(rsaToken("r", { iss: "https://acme" })))).toBe("ok");
    expect(asked).toEqual(["https://keys.example/jwks"]);
  });
});

describe("an endpoint that fails", () => {
  test("[JW57] F27 known keys count for an hour without it, unknown ones are unavailable, and there is no storm", async () => {
    const server = keyServer(() => rsaSet());
    const { auth, clock } = remote(server.url);
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
    server.state.answer = () => new Response("down", { status: 503 });
    for (let minutes = 0; minutes < 59; minutes++) {
      clock.advance(60_000);
      expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
      expect(await outcome(auth.connection(rsaToken("x")))).toBe("unavailable");
    }
    expect(server.asked.length).toBeLessThanOrEqual(60);
    clock.advance(60_000);
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("unavailable");
    const askedBefore = server.asked.length;
    for (let at = 0; at < 20; at++) expect(await outcome(auth.connection(rsaToken("r")))).toBe("unavailable");
    expect(server.asked.length).toBe(askedBefore);
    server.state.answer = () => rsaSet();
    clock.advance(5_000);
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
  });

  test("keys are renewed after ten minutes without letting anyone wait", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const answers: (Response | Promise<Response>)[] = [rsaSet(), promise, rsaSet("next")];
    const asked: string[] = [];
    const clock = manualClock();
    const fetch = async (url: string) => {
      asked.push(url);
      return answers[asked.length - 1] ?? Response.error();
    };
    const auth = authenticator({ jwks_public_endpoint: "http://127.0.0.1:9/keys" }, { clock, fetch });
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
    clock.advance(599_999);
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
    expect(asked.length).toBe(1);
    clock.advance(1);
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("ok");
    expect(asked.length).toBe(2);
    resolve(rsaSet("next"));
    expect(await outcome(auth.connection(rsaToken("next")))).toBe("ok");
    expect(asked.length).toBe(2);
  });

  const big = { keys: [{ kty: "RSA", kid: "r", n: "A".repeat(262_144), e: "AQAB" }] };
  test.each([
    ["another status", () => new Response("no", { status: 500 }), "status 500"],
    ["a redirect", () => Response.redirect("/elsewhere", 302), "status 302"],
    ["no JSON", () => new Response("<html>"), "not a key set"],
    ["JSON that is no set", () => Response.json([]), "not a key set"],
    ["a set of entries that are no keys", () => Response.json({ keys: [1] }), "no key with an id"],
    ["a set of keys that cannot be used", () => keySet({ kty: "future", kid: "r" }), "no key with an id"],
    ["a set without keys", () => keySet(), "no key with an id"],
    ["more than 256 KiB", () => Response.json(big), "too large"],
  ])("[JW59] F27 %s is no key set", async (_name, answer, reason) => {
    const server = keyServer(answer);
    const { auth, log } = remote(server.url);
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("unavailable");
    expect(log.lines[0]).toMatchObject({ level: "warn", event: "jwks.failed", fields: { url: server.url, reason } });
    expect(server.asked).toEqual(["/keys"]);
  });

  test("[JW59] F27 an address that nobody answers is one line in the log, without what is secret in it", async () => {
    const { auth, log } = remote("http://user:passw0rd@127.0.0.1:1/keys?key=s3cret");
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("unavailable");
    expect(await outcome(auth.connection(rsaToken("r")))).toBe("unavailable");
    const warnings = log.lines.filter((line) => line.level === "warn");
    expect(warnings.map((line) => line.fields["url"])).toEqual(["http://127.0.0.1:1/keys"]);
    expect(JSON.stringify(log.lines)).not.toMatch(/passw0rd|s3cret/);
  });

  test.each([
    ["that never comes", () => new Promise<Response>(() => undefined)],
    [
      "that stops in the middle",
      () => new Response(new ReadableStream({ start: (body) => body.enqueue(Buffer.from('{"keys":[')) })),
    ],
  ])("an answer %s is given up after the time limit", async (_name, answer) => {
    const server = keyServer(answer);
    const log = keptLog();
    const source = remoteKeys({ url: server.url, clock: manualClock(), log, fetch, timeoutMs: 30 });
    expect(await source.find({ alg: "RS256", kid: "r", payload: "" })).toEqual({
      ok: false,
      reason: "keys_unreachable",
    });
    expect(log.lines[0]?.fields["reason"]).toBe("TimeoutError");
  });
});
