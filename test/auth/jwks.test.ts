import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { remoteKeys } from "../../src/auth/jwks.ts";
import { testTimeout } from "../support/patience.ts";
import { keyServer, keySet, remote, rsaSet, rsaToken } from "./key-server.ts";
import { authenticator, encode, jwt, keptLog, keyPair, manualClock, outcome } from "./support.ts";

setDefaultTimeout(testTimeout);

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
    const [first, ...others] = await flood();
    expect([first, new Set(others)]).toEqual(["invalid", new Set(["unavailable"])]);
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

  test("[JW54] a fetch that was under way when a token came proves no key missing: the issuer may have changed it since", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const server = keyServer(() => promise);
    const { auth, clock } = remote(server.url);
    const madeUp = outcome(auth.connection(rsaToken("made-up")));
    const honest = outcome(auth.connection(rsaToken("new")));
    resolve(rsaSet("old"));
    expect([await madeUp, await honest]).toEqual(["invalid", "unavailable"]);
    server.state.answer = () => rsaSet("new");
    clock.advance(30_000);
    expect(await outcome(auth.connection(rsaToken("new")))).toBe("ok");
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
      error: { reason: "keys_unreachable" },
    });
    expect(log.lines[0]?.fields["reason"]).toBe("TimeoutError");
  });
});
