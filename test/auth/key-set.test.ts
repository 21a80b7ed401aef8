import { describe, expect, test } from "bun:test";
import type { KeyObject } from "node:crypto";
import { readKeySet } from "../../src/auth/key-set.ts";
import { tokenDefaults } from "../../src/options/token.ts";
import { claims, jwk, keyServer, keySet, keys, remote, rsaSet, rsaToken } from "./key-server.ts";
import { authenticator, jwt, keyPair, outcome } from "./support.ts";

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
  const other = keyPair("RS256");
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
