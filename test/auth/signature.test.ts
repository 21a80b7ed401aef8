import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { tokenDefaults } from "../../src/options/token.ts";
import { testTimeout } from "../support/patience.ts";
import { authenticator, encode, jwt, keptLog, keyPair, manualClock, now, outcome } from "./support.ts";

setDefaultTimeout(testTimeout);

const rsa = keyPair("RS256");
const ecs = { ES256: keyPair("ES256"), ES384: keyPair("ES384"), ES512: keyPair("ES512") };
const claims = { sub: "ann", exp: now + 60 };
const hmac = authenticator();

describe("keys of the configuration", () => {
  test.each(["HS256", "HS384", "HS512"])("[JW1] %s with the secret is accepted", async (alg) => {
    expect(await outcome(hmac.connection(jwt(claims, { alg })))).toBe("ok");
    expect(await outcome(hmac.connection(jwt(claims, { alg, secret: "wrong" })))).toBe("invalid");
    expect(await outcome(hmac.connection(jwt(claims, { alg, secret: "" })))).toBe("invalid");
  });

  test.each(["RS256", "RS384", "RS512"])("[JW1] %s with the RSA key is accepted", async (alg) => {
    const auth = authenticator({ rsa_public_key: rsa.pem });
    expect(await outcome(auth.connection(jwt(claims, { alg, key: rsa.privateKey })))).toBe("ok");
    expect(await outcome(auth.connection(jwt(claims, { alg, key: keyPair(alg).privateKey })))).toBe("invalid");
  });

  test.each(["ES256", "ES384", "ES512"] as const)(
    "[JW1] %s with the ECDSA key of its curve is accepted",
    async (alg) => {
      const auth = authenticator({ ecdsa_public_key: ecs[alg].pem });
      expect(await outcome(auth.connection(jwt(claims, { alg, key: ecs[alg].privateKey })))).toBe("ok");
      expect(await outcome(auth.connection(jwt(claims, { alg, key: keyPair(alg).privateKey })))).toBe("invalid");
      const others = (["ES256", "ES384", "ES512"] as const).filter((other) => other !== alg);
      for (const other of others) {
        expect(await outcome(auth.connection(jwt(claims, { alg: other, key: ecs[other].privateKey })))).toBe("invalid");
        expect(await outcome(auth.connection(jwt(claims, { alg: other, key: ecs[alg].privateKey })))).toBe("invalid");
      }
    },
  );

  test("[JW1] several kinds of keys stand beside each other", async () => {
    const auth = authenticator({ hmac_secret_key: "secret", rsa_public_key: rsa.pem, ecdsa_public_key: ecs.ES256.pem });
    expect(await outcome(auth.connection(jwt(claims)))).toBe("ok");
    expect(await outcome(auth.connection(jwt(claims, { alg: "RS256", key: rsa.privateKey })))).toBe("ok");
    expect(await outcome(auth.connection(jwt(claims, { alg: "ES256", key: ecs.ES256.privateKey })))).toBe("ok");
  });

  test("[JW2] the previous secret counts until its time, and without end where it has none", async () => {
    const clock = manualClock();
    const token = { hmac_secret_key: "new", hmac_previous_secret_key: "old" };
    const until = authenticator({ ...token, hmac_previous_secret_key_valid_until: now + 1 }, { clock });
    const endless = authenticator(token, { clock });
    const old = jwt({ sub: "ann" }, { secret: "old", alg: "HS384" });
    expect(await outcome(until.connection(old))).toBe("ok");
    expect(await outcome(until.connection(jwt({ sub: "ann" }, { secret: "new" })))).toBe("ok");
    clock.advance(1_999);
    expect(await outcome(until.connection(old))).toBe("ok");
    clock.advance(1);
    expect(await outcome(until.connection(old))).toBe("invalid");
    expect(await outcome(until.connection(jwt({ sub: "ann" }, { secret: "new" })))).toBe("ok");
    expect(await outcome(endless.connection(old))).toBe("ok");
  });

  test("[JW3] without keys every token is invalid", async () => {
    const auth = authenticator({});
    for (const secret of ["", "secret"])
      expect(await outcome(auth.connection(jwt(claims, { secret })))).toBe("invalid");
  });

  test("[JW4] subscription tokens have their own keys alone where that is enabled, else those of connections", async () => {
    const subscriptionToken = { ...tokenDefaults, enabled: true, hmac_secret_key: "subsecret", audience: "rooms" };
    const own = authenticator({ hmac_secret_key: "secret" }, { subscriptionToken });
    const shared = authenticator(
      { hmac_secret_key: "secret" },
      { subscriptionToken: { ...subscriptionToken, enabled: false } },
    );
    const withOwn = jwt({ channel: "c", aud: "rooms" }, { secret: "subsecret" });
    const withShared = jwt({ channel: "c", aud: "rooms" });
    expect(await outcome(own.subscription(withOwn))).toBe("ok");
    expect(await outcome(own.subscription(withShared))).toBe("invalid");
    expect(await outcome(own.subscription(jwt({ channel: "c" }, { secret: "subsecret" })))).toBe("invalid");
    expect(await outcome(own.connection(jwt({ aud: "rooms" }, { secret: "subsecret" })))).toBe("invalid");
    expect(await outcome(own.connection(jwt({})))).toBe("ok");
    expect(await outcome(shared.subscription(withShared))).toBe("ok");
    expect(await outcome(shared.subscription(withOwn))).toBe("invalid");
  });
});

describe("what the header may not do", () => {
  test.each(["none", "None", "nOnE", "NONE", ""])(
    "[JW5] T13 alg %j is refused, with and without a signature",
    async (alg) => {
      const unsigned = `${encode({ alg })}.${encode(claims)}`;
      expect(await outcome(hmac.connection(`${unsigned}.`))).toBe("invalid");
      expect(await outcome(hmac.connection(unsigned))).toBe("invalid");
      const signature = createHmac("sha256", "secret").update(unsigned).digest("base64url");
      expect(await outcome(hmac.connection(`${unsigned}.${signature}`))).toBe("invalid");
    },
  );

  test.each([
    ["the PEM", rsa.pem],
    ["the PEM without its last line break", rsa.pem.trimEnd()],
  ])("[JW5] T13 HS256 with %s of the RSA key as its secret is refused", async (_name, secret) => {
    const auth = authenticator({ rsa_public_key: rsa.pem, hmac_secret_key: "secret" });
    for (const alg of ["HS256", "HS384", "HS512"]) {
      expect(await outcome(auth.connection(jwt(claims, { alg, secret })))).toBe("invalid");
      const alone = authenticator({ rsa_public_key: rsa.pem });
      expect(await outcome(alone.connection(jwt(claims, { alg, secret })))).toBe("invalid");
    }
  });

  test.each([
    [["HS256"]],
    [{}],
    [null],
    [256],
    ["hs256"],
    ["HS256 "],
    ["RS256"],
    ["PS256"],
    ["EdDSA"],
    ["toString"],
    ["__proto__"],
  ])("[JW5] T13 alg %j is refused where it has no key", async (alg) => {
    expect(await outcome(hmac.connection(jwt(claims, { header: { alg } })))).toBe("invalid");
  });

  test.each([[["exp"]], [["b64"]], [[]], [null], ["b64"]])("T16 crit %j is refused", async (crit) => {
    const header = { crit, b64: false, exp: 1 };
    expect(await outcome(hmac.connection(jwt(claims, { header })))).toBe("invalid");
  });

  test("T16 keys and addresses in the header are not looked at", async () => {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return new Response("{}");
    };
    const auth = authenticator({ hmac_secret_key: "secret", rsa_public_key: rsa.pem }, { fetch });
    const mallory = keyPair("RS256");
    const jwk = { ...mallory.publicKey.export({ format: "jwk" }), kid: "m" };
    const header = {
      jwk,
      kid: "../../dev/null",
      jku: "http://127.0.0.1:9/jwks",
      x5u: "http://127.0.0.1:9/x5u",
      zip: "DEF",
    };
    expect(await outcome(auth.connection(jwt(claims, { alg: "RS256", key: mallory.privateKey, header })))).toBe(
      "invalid",
    );
    expect(await outcome(auth.connection(jwt(claims, { alg: "RS256", key: rsa.privateKey, header })))).toBe("ok");
    expect(await outcome(auth.connection(jwt(claims, { header: { kid: "x".repeat(5_000) } })))).toBe("ok");
    expect(await outcome(auth.connection(jwt(claims, { header: { kid: "x".repeat(10_000) } })))).toBe("invalid");
    expect(await outcome(auth.connection(jwt(claims, { header: { kid: 1 } })))).toBe("invalid");
    expect(asked).toEqual([]);
  });
});

describe("the form", () => {
  const valid = jwt(claims);
  const [header = "", payload = "", signature = ""] = valid.split(".");

  test.each([
    ["nothing", ""],
    ["a word", "zzz"],
    ["the beginning alone", "eyJ"],
    ["two parts", `${header}.${payload}`],
    ["an empty signature", `${header}.${payload}.`],
    ["an empty payload", `${header}..${signature}`],
    ["an extra dot", `${valid}.`],
    ["five parts (JWE)", `${header}.${payload}.${signature}.${payload}.${signature}`],
    ["padding", `${valid}=`],
    ["padding inside", `${header}=.${payload}.${signature}`],
    ["white space after", `${valid} `],
    ["white space before", ` ${valid}`],
    ["a line break after", `${valid}\n`],
    ["a line break inside", `${header}.${payload}.\n${signature}`],
    ["a NUL", `${valid}\u0000`],
    ["a byte order mark", `\ufeff${valid}`],
    ["a truncated signature", valid.slice(0, -1)],
    ["a longer signature", `${valid}A`],
    ["standard base64", `${header}.${payload}.${Buffer.from(signature, "base64url").toString("base64")}`],
    ["Bearer before it", `Bearer ${valid}`],
    ["a header with a space before its brace", jwtWithHeader(' {"alg":"HS256"}')],
    ["a header that begins with a space inside", jwtWithHeader('{ "alg":"HS256"}')],
    ["a header that is a list", jwtWithHeader('["HS256"]')],
    ["a header that is not JSON", jwtWithHeader('{"alg":"HS256"')],
    ["a header that nests deep", jwtWithHeader(`{"":${"[".repeat(3_000)}`)],
  ])("[JW8] T14 T19 refused: %s", async (_name, token) => {
    expect(await outcome(hmac.connection(token))).toBe("invalid");
    expect(await outcome(hmac.subscription(token))).toBe("invalid");
  });

  test("[JW8] T14 the unused bits of a signature's last character are part of it", async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const accepted = [];
    for (const last of alphabet) {
      if ((await outcome(hmac.connection(valid.slice(0, -1) + last))) === "ok") accepted.push(last);
    }
    expect(accepted).toEqual([valid.slice(-1)]);
  });

  test("T19 a token of 16 KiB is read, a longer one is not", async () => {
    const token = (size: number): string => {
      const empty = jwt({ sub: "" }).length;
      let filler = Math.floor((size - empty) * 0.75) - 3;
      while (jwt({ sub: "x".repeat(filler) }).length < size) filler++;
      return jwt({ sub: "x".repeat(filler) });
    };
    const [fits, tooLong] = [token(16_384), token(16_385)];
    expect([fits.length, tooLong.length]).toEqual([16_384, 16_385]);
    expect(await outcome(hmac.connection(fits))).toBe("ok");
    expect(await outcome(hmac.connection(tooLong))).toBe("invalid");
    expect(await outcome(hmac.connection(jwt({ info: "x".repeat(65_536) })))).toBe("invalid");
  });

  const keyed = authenticator({ hmac_secret_key: "secret", rsa_public_key: rsa.pem, ecdsa_public_key: ecs.ES256.pem });
  test.each([
    ["HS256", valid],
    ["RS256", jwt(claims, { alg: "RS256", key: rsa.privateKey })],
    ["ES256", jwt(claims, { alg: "ES256", key: ecs.ES256.privateKey })],
  ])("[JW10] T14 any change of a valid %s token makes it invalid", async (_alg, token) => {
    expect(await outcome(keyed.connection(token))).toBe("ok");
    const place = fc.nat(token.length - 1);
    const character = fc.oneof(
      fc.constantFrom(..."ABCxyz019-_.=+/ \n"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    );
    const change = fc.oneof(
      fc.tuple(place, character).map(([at, put]) => token.slice(0, at) + put + token.slice(at + 1)),
      fc.tuple(place, character).map(([at, put]) => token.slice(0, at) + put + token.slice(at)),
      place.map((at) => token.slice(0, at) + token.slice(at + 1)),
      place.map((at) => token.slice(0, at)),
      fc.tuple(place, place).map(([a, b]) => token.slice(0, a) + token.slice(b)),
    );
    const isInvalid = async (changed: string) =>
      changed === token || (await outcome(keyed.connection(changed))) === "invalid";
    await fc.assert(fc.asyncProperty(change, isInvalid), { numRuns: 400 });
  });

  test("whatever is given, the promise resolves", async () => {
    const anything = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.base64String(),
      fc.tuple(fc.json(), fc.json()).map(([h, p]) => `${encode(h)}.${encode(p)}.AAAA`),
    );
    await fc.assert(fc.asyncProperty(anything, async (token) => (await outcome(hmac.connection(token))) === "invalid"));
    const anyClaims = fc.json().map((text) => jwt(text));
    const words = ["ok", "invalid", "expired", "unavailable"];
    await fc.assert(
      fc.asyncProperty(anyClaims, async (token) => words.includes(await outcome(hmac.connection(token)))),
    );
  });

  test("[JW12] T09 nothing of a token stands in the log", async () => {
    const log = keptLog();
    const auth = authenticator({ hmac_secret_key: "secret" }, { log });
    const tokens = [
      valid,
      jwt({ sub: "ann", exp: 1 }),
      jwt({ sub: 7 }),
      jwt(claims, { secret: "wrong" }),
      "eyJ.eyJ.eyJ",
    ];
    for (const token of tokens) await auth.connection(token);
    await auth.subscription(valid);
    expect(log.lines.map((line) => line.fields["reason"])).toEqual([
      "expired",
      "claims",
      "signature",
      "form",
      "channel_missing",
    ]);
    const text = JSON.stringify(log.lines);
    for (const part of tokens.flatMap((token) => [...token.split("."), "zoe-77"])) expect(text).not.toContain(part);
  });
});

function jwtWithHeader(header: string): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", "secret").update(signed).digest("base64url")}`;
}
