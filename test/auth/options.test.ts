import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { createAuthenticator } from "../../src/auth/jwt.ts";
import { compilePattern } from "../../src/auth/pattern.ts";
import { tokenProblems } from "../../src/auth/problems.ts";
import { type TokenOptions, tokenDefaults } from "../../src/options/token.ts";
import { authenticator, jwt, keptLog, keyPair, manualClock, outcome } from "./support.ts";

const rsa = keyPair("RS256");
const ec = keyPair("ES256");
const privatePem = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** A key that is too short; jose would find that out at the first token. */
const shortKey = generateKeyPairSync("rsa", { modulusLength: 1024 });
const shortPem = shortKey.publicKey.export({ type: "spki", format: "pem" }).toString();

describe("options", () => {
  const problems = (options: Partial<TokenOptions>) => tokenProblems({ ...tokenDefaults, ...options }, "client.token");

  test("options that can be used have no problems", () => {
    expect(problems({})).toEqual([]);
    expect(
      problems({
        hmac_secret_key: "secret",
        rsa_public_key: rsa.pem,
        ecdsa_public_key: ec.pem,
        jwks_public_endpoint: "https://keys.example/a?b=c",
        audience: "a",
        issuer_regex: "^https://(?P<tenant>[a-z]+)\\.example$",
        user_id_claim: "user_id",
      }),
    ).toEqual([]);
  });

  test.each([
    ["escaped", ec.pem.replaceAll("\n", "\\n")],
    ["on one line", ec.pem.replaceAll("\n", " ")],
    ["in base64", Buffer.from(ec.pem).toString("base64")],
  ])("[JW70] a key of a variable, %s, verifies tokens", async (_, pem) => {
    const auth = authenticator({ ecdsa_public_key: pem });
    const token = jwt({ sub: "ann" }, { alg: "ES256", key: ec.privateKey });
    expect(await outcome(auth.connection(token))).toBe("ok");
  });

  test.each([
    ["rsa_public_key", "zzz", "expected the PEM of an RSA public key"],
    [
      "rsa_public_key",
      "keys/rsa.pem",
      "expected the PEM of an RSA public key, got the path of a file: write its text, or the base64 of its text",
    ],
    ["rsa_public_key", ec.pem, "expected the PEM of an RSA public key"],
    ["rsa_public_key", privatePem, "expected a public key, got a private one"],
    ["rsa_public_key", shortPem, "an RSA key needs at least 2048 bits"],
    ["ecdsa_public_key", rsa.pem, "expected the PEM of an EC public key"],
    [
      "jwks_public_endpoint",
      "https://{{tenant}}.example/keys",
      "{{tenant}} is no named group of issuer_regex or audience_regex",
    ],
    ["jwks_public_endpoint", "https://{{tenant.example/keys", "expected placeholders in the form {{name}}"],
    ["jwks_public_endpoint", "file:///etc/keys", "expected an http or https URL"],
    ["jwks_public_endpoint", "keys.example", "expected an http or https URL"],
    ["user_id_claim", "user.id", "expected the name of a claim, of letters and _"],
  ])("%s %j is a problem", (name, value, words) => {
    expect(problems({ [name]: value })).toEqual([`client.token.${name}: ${words}`]);
    const token = { ...tokenDefaults, [name]: value };
    const rest = { subscriptionToken: { ...tokenDefaults, enabled: false }, clock: manualClock(), log: keptLog() };
    expect(() => createAuthenticator({ token, ...rest })).toThrow(`client.token.${name}: ${words}`);
    const subscriptionToken = { ...token, enabled: true };
    expect(() => createAuthenticator({ ...rest, token: tokenDefaults, subscriptionToken })).toThrow(
      `client.subscription_token.${name}: ${words}`,
    );
  });

  test("an exact value beside its pattern is a problem, and so is a pattern that cannot be compiled", () => {
    expect(problems({ audience: "a", audience_regex: "a", issuer: "a", issuer_regex: "a" })).toEqual([
      "client.token.audience_regex: not beside audience: set one of the two",
      "client.token.issuer_regex: not beside issuer: set one of the two",
    ]);
    expect(problems({ audience_regex: "(" })[0]).toStartWith("client.token.audience_regex: ");
  });
});

describe("patterns of Go", () => {
  test.each([
    ["^a\\-b\\:c$", "a-b:c", true],
    ["^[\\w\\-]+$", "a-b", true],
    ["^a\\\\-b$", "a\\-b", true],
    ["^a\\.b$", "axb", false],
    ["(?i)ABC", "xabcx", true],
    ["(?P<x>a)(?P<y>b)", "ab", true],
    ["^\\p{L}+$", "zoë", true],
    ["(?s)^a.b$", "a\nb", true],
  ])("%s on %j: %p", (pattern, text, matches) => {
    expect(compilePattern(pattern).test(text)).toBe(matches);
  });

  test.each([
    ["\\Aabc\\z", "abc", "abc "],
    ["[[:alpha:]]+", "a", "1"],
    ["^\\Qa.b\\E$", "a.b", "axb"],
    ["(?U)a+", "a", "b"],
    ["^\\pL$", "é", "1"],
  ])("%s, which Go has and JavaScript has not, matches %j and not %j", (pattern, text, other) => {
    expect(compilePattern(pattern).test(text)).toBe(true);
    expect(compilePattern(pattern).test(other)).toBe(false);
  });

  test.each([["("], ["a{2,1}"], ["(?=a)"], ["(a)\\1"], ["[b-a]"]])("%s is no pattern", (pattern) => {
    expect(() => compilePattern(pattern)).toThrow("error parsing regexp");
  });

  test("a pattern that keeps others busy for ever takes linear time", () => {
    const text = `${"a".repeat(50_000)}!`;
    expect(compilePattern("^(a+)+$").test(text)).toBe(false);
  });
});
