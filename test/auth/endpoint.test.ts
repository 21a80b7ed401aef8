import { describe, expect, test } from "bun:test";
import type { KeyObject } from "node:crypto";
import { readEndpoint } from "../../src/auth/endpoint.ts";
import { tokenProblems } from "../../src/auth/problems.ts";
import { type TokenOptions, tokenDefaults } from "../../src/options/token.ts";
import { authenticator, jwt, keptLog, keyPair, now, outcome } from "./support.ts";

type EndpointOptions = Partial<TokenOptions>;

const options = (endpoint: string, issuer_regex: string, audience_regex = ""): EndpointOptions => ({
  jwks_public_endpoint: endpoint,
  issuer_regex,
  audience_regex,
});
const urls = (given: EndpointOptions) => readEndpoint({ ...tokenDefaults, ...given }).addresses.map(({ url }) => url);
const problems = (given: EndpointOptions) => tokenProblems({ ...tokenDefaults, ...given }, "client.token");

describe("placeholders in the address of a key set", () => {
  test.each([
    ["https://fixed/jwks", "^https://(?P<anything>.+)$", ["https://fixed/jwks"]],
    ["https://{{host}}/jwks", "^(?P<host>auth\\.example\\.com)$", ["https://auth.example.com/jwks"]],
    ["https://h/{{realm}}", "https://x.y/(?P<realm>test|testing)", ["https://h/test", "https://h/testing"]],
    ["https://h/{{r}}/{{r}}?r={{r}}", "^(?<r>a|b)$", ["https://h/a/a?r=a", "https://h/b/b?r=b"]],
    [
      "https://h/{{r}}",
      "^(?:x|(?P<r>a(?:-1|-2|)|(b)))$",
      ["https://h/a-1", "https://h/a-2", "https://h/a", "https://h/b"],
    ],
    ["https://h/{{r}}", "(?i)\\((?P<other>.+)\\)(?P<r>a)+", ["https://h/a"]],
  ])("[JW73] %s with %s stands for %j", (endpoint, pattern, expected) => {
    const given = options(endpoint, pattern);
    expect(urls(given)).toEqual(expected);
    expect(problems(given)).toEqual([]);
  });

  test("[JW73] placeholders of the issuer and of the audience go together", () => {
    const given = options("https://{{tenant}}.example/{{app}}", "^(?P<tenant>a|b)$", "^(?P<app>x|y)$");
    expect(urls(given)).toEqual([
      "https://a.example/x",
      "https://a.example/y",
      "https://b.example/x",
      "https://b.example/y",
    ]);
  });

  const open = "{{r}} does not stand for a list of values: ";
  test.each([
    ["[a-z]+", "classes and \\Q are not taken here"],
    ["\\Qa\\E", "classes and \\Q are not taken here"],
    [".+", "this can have any number of values"],
    ["foo|.", "this can have any number of values"],
    ["foo?", "this can have any number of values"],
    ["a*", "this can have any number of values"],
    ["a{3}", "this can have any number of values"],
    ["(?:a|b)+", "this can have any number of values"],
    ["(?i:a)", "this can have any number of values"],
    ["\\d+", "this can have any number of values"],
    ["\\pL", "this can have any number of values"],
    ["a$", "this can have any number of values"],
    [`${"(?:0|1)".repeat(10)}`, "more than 1000 values"],
  ])("T17 a group of %s is not a list", (group, words) => {
    for (const insecure_skip_jwks_endpoint_safety_check of [false, true]) {
      const given = { ...options("https://h/{{r}}", `^(?P<r>${group})$`), insecure_skip_jwks_endpoint_safety_check };
      const [problem = ""] = problems(given);
      expect(problem).toStartWith(`client.token.jwks_public_endpoint: ${open}${words}`);
      expect(() => authenticator(given)).toThrow(words);
    }
  });

  test.each([
    ["https://h/{{x}}", "^(?P<r>a)$", "", "{{x}} is no named group of issuer_regex or audience_regex"],
    ["https://h/{{r}}", "^(?P<r>a)$", "^(?P<r>a)$", "{{r}} is a group of both issuer_regex and audience_regex"],
    ["{{r}}://h/", "^(?P<r>https|file)$", "", "expected an http or https URL"],
    [
      "https://h/{{a}}{{b}}",
      `^(?P<a>${"1|".repeat(40)}2)$`,
      "",
      "{{b}} is no named group of issuer_regex or audience_regex",
    ],
    [
      "https://h/{{a}}{{b}}",
      `^(?P<a>${digits(40)})(?P<b>${digits(40)})$`,
      "",
      "its placeholders stand for 1600 addresses, more than 1000",
    ],
  ])("%s with %s and %s cannot be used", (endpoint, issuer, audience, words) => {
    expect(problems(options(endpoint, issuer, audience))[0]).toBe(`client.token.jwks_public_endpoint: ${words}`);
  });
});

function digits(count: number): string {
  return Array.from({ length: count }, (_, index) => index).join("|");
}

describe("a token and the address that it chooses", () => {
  const keys = { acme: keyPair("RS256"), globex: keyPair("RS256") };
  const config = options(
    "https://{{tenant}}.auth.example/{{app}}/keys",
    "^https://(?P<tenant>acme|globex)\\.example$",
    "^(?P<app>chat|news)$",
  );

  /** All tenants use the same key id, each for a key of its own. */
  function tenants() {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      const key = url.includes("acme") ? keys.acme : keys.globex;
      return Response.json({ keys: [{ ...key.publicKey.export({ format: "jwk" }), kid: "default", alg: "RS256" }] });
    };
    return { asked, auth: authenticator(config, { fetch }) };
  }

  const signed = (key: KeyObject, claims: object, header: object = {}) =>
    jwt({ sub: "ann", exp: now + 600, ...claims }, { alg: "RS256", key, header: { kid: "default", ...header } });
  const acme = { iss: "https://acme.example", aud: ["other", "chat"] };
  const globex = { iss: "https://globex.example", aud: "news" };

  test("each is verified with the keys of its own issuer and audience, fetched once", async () => {
    const { asked, auth } = tenants();
    for (let time = 0; time < 2; time++) {
      expect(await outcome(auth.connection(signed(keys.acme.privateKey, acme)))).toBe("ok");
      expect(await outcome(auth.connection(signed(keys.globex.privateKey, globex)))).toBe("ok");
    }
    expect(asked).toEqual(["https://acme.auth.example/chat/keys", "https://globex.auth.example/news/keys"]);
  });

  test("T17 a forged issuer or audience fetches nothing", async () => {
    const { asked, auth } = tenants();
    const forged = keyPair("RS256").privateKey;
    const claims: object[] = [
      { ...acme, iss: "https://evil.example" },
      { ...acme, iss: "https://acme.example.evil.example" },
      { ...acme, iss: "https://ACME.example" },
      { ...acme, iss: "https://acme.example\n" },
      { ...acme, iss: "https://acme|globex.example" },
      { ...acme, iss: ["https://acme.example"] },
      { ...acme, iss: 1 },
      { ...acme, aud: "chat/../../evil" },
      { ...acme, aud: [] },
      { ...acme, aud: [["chat"]] },
      { ...acme, aud: "@evil.example" },
      { iss: acme.iss },
      { aud: "chat" },
      { __proto__: acme },
    ];
    for (const each of claims) expect(await outcome(auth.connection(signed(forged, each)))).toBe("invalid");
    for (const payload of ["[]", "null", "{", "", '"x"']) {
      const token = jwt(payload, { alg: "RS256", key: forged, header: { kid: "default" } });
      expect(await outcome(auth.connection(token))).toBe("invalid");
    }
    expect(asked).toEqual([]);
  });

  test("a person is told which of the claims chooses no address", async () => {
    const log = keptLog();
    const auth = authenticator(config, { log, fetch: () => Promise.reject(new Error("nothing is to be fetched")) });
    for (const claims of [{ iss: "x", aud: "chat" }, { iss: acme.iss, aud: "x" }, { iss: 1 }]) {
      await auth.connection(signed(keys.acme.privateKey, claims));
    }
    expect(log.lines.map(({ fields }) => fields["reason"])).toEqual(["issuer", "audience", "claims"]);
  });

  test("T16 a forged signature makes one fetch of the address that it chooses, and no other", async () => {
    const { asked, auth } = tenants();
    const forged = keyPair("RS256").privateKey;
    const header = { jku: "https://evil.example/", kid: "../x" };
    for (let time = 0; time < 50; time++) {
      const expected = time === 0 || time % 2 === 1 ? "invalid" : "unavailable";
      expect(await outcome(auth.connection(signed(forged, acme, time % 2 ? {} : header)))).toBe(expected);
    }
    expect(asked).toEqual(["https://acme.auth.example/chat/keys"]);
  });

  test("T18 one tenant's key, with the key id of all, does not speak for another tenant", async () => {
    const { auth } = tenants();
    expect(await outcome(auth.connection(signed(keys.acme.privateKey, acme)))).toBe("ok");
    expect(await outcome(auth.connection(signed(keys.globex.privateKey, globex)))).toBe("ok");
    expect(await outcome(auth.connection(signed(keys.globex.privateKey, acme)))).toBe("invalid");
    expect(await outcome(auth.connection(signed(keys.acme.privateKey, globex)))).toBe("invalid");
  });

  test("of two issuers in one token the one that chose the keys is the one that is checked", async () => {
    const { asked, auth } = tenants();
    const twice = (first: string, second: string) =>
      jwt(`{"sub":"ann","aud":"chat","iss":"${first}","iss":"${second}"}`, {
        alg: "RS256",
        key: keys.acme.privateKey,
        header: { kid: "default" },
      });
    expect(await outcome(auth.connection(twice(globex.iss, acme.iss)))).toBe("ok");
    expect(await outcome(auth.connection(twice(acme.iss, globex.iss)))).toBe("invalid");
    expect(asked).toEqual(["https://acme.auth.example/chat/keys", "https://globex.auth.example/chat/keys"]);
  });
});
