import { describe, expect, test } from "bun:test";
import { checktoken, gentoken } from "../../src/auth/commands.ts";
import { seconds } from "../../src/core/time.ts";
import { type TokenOptions, tokenDefaults } from "../../src/options/token.ts";
import { authenticator, identity, jwt, keyPair, manualClock, now, outcome, subscription } from "./support.ts";

const clock = manualClock();
const options = (token: Partial<TokenOptions> = {}, own?: Partial<TokenOptions>) => ({
  token: { ...tokenDefaults, hmac_secret_key: "secret", ...token },
  subscriptionToken: { ...tokenDefaults, enabled: own !== undefined, ...own },
});
const generate = (args: string, given = options()) => gentoken(args === "" ? [] : args.split(" "), given, clock);
const check = (token: string, given = options()) => checktoken([token], given, clock);

describe("gentoken", () => {
  test("[JW80] it makes a connection token for a week that the server accepts", async () => {
    const { text, exitCode } = await generate("--user ann");
    expect(exitCode).toBe(0);
    const [sentence, token = ""] = text.split("\n");
    expect(sentence).toBe('HS256 token for user "ann", connection, expires 2027-01-22T08:00:00Z (in 7d):');
    const found = await identity(authenticator().connection(token));
    expect(found).toEqual({ user: "ann", expireAt: seconds(now + 604_800), subscriptions: [] });
  });

  test.each([
    ["--ttl 1h", now + 3_600],
    ["--ttl 1h30m", now + 5_400],
    ["--ttl 300ms", now + 1],
    ["--ttl 60", now + 60],
    ["-t 60", now + 60],
    ["--ttl=60", now + 60],
    ["--ttl 0", null],
    ["--ttl -1", null],
    ["-t -1", null],
    ["--ttl=-1", null],
  ])("%s", async (ttl, expected) => {
    const { text } = await generate(`-u ann ${ttl} -q`);
    expect((await identity(authenticator().connection(text))).expireAt as number | null).toBe(expected);
  });

  test("with a channel it makes a subscription token, with the keys of those", async () => {
    const shared = await generate("--user ann --channel news -q");
    const claims = await subscription(authenticator().subscription(shared.text));
    expect(claims).toEqual({ user: "ann", channel: "news", client: "", expireAt: seconds(now + 604_800) });
    const given = options({}, { hmac_secret_key: "subsecret" });
    const own = await generate("--channel news", given);
    expect(own.text).toStartWith('HS256 token for the anonymous user, channel "news", expires ');
    const [, token = ""] = own.text.split("\n");
    expect(await outcome(authenticator(undefined, given).subscription(token))).toBe("ok");
    expect(await outcome(authenticator().subscription(token))).toBe("invalid");
  });

  test("it holds what the configuration asks for", async () => {
    const token = { audience: "realtime", issuer: "https://a.example", user_id_claim: "uid" };
    const { text } = await generate("--user ann --quiet", options(token));
    const found = await identity(authenticator({ hmac_secret_key: "secret", ...token }).connection(text));
    expect(found.user).toBe("ann");
  });

  test.each([
    [
      "--user ann",
      options({ hmac_secret_key: "" }),
      "gentoken signs with client.token.hmac_secret_key, which is not set",
    ],
    [
      "--user ann --channel c",
      options({}, {}),
      "gentoken signs with client.subscription_token.hmac_secret_key, which is not set",
    ],
    [
      "--user ann",
      options({ jwks_public_endpoint: "https://a.example" }),
      "gentoken signs with HMAC, which is not accepted beside client.token.jwks_public_endpoint",
    ],
  ])("%s says in one line what it lacks", async (args, given, text) => {
    expect(await generate(args, given)).toEqual({ text, exitCode: 1 });
  });

  test.each([["--ttl soon"], ["--ttl -1h"], ["--ttl 1d"], ["--nope"], ["ann"], ["--user"], ["--channel="]])(
    "%s is answered with the usage",
    async (args) => {
      const { text, exitCode } = await generate(args);
      expect(exitCode).toBe(2);
      expect(text).toEndWith("usage: gentoken [--user USER] [--ttl 1h] [--channel CHANNEL] [--quiet]");
    },
  );

  test("--config is passed over", async () => {
    const { text } = await gentoken(["--config", "a.json", "--user", "ann", "-q"], options(), clock);
    expect(text).toBe((await generate("--user ann -q")).text);
    for (const config of [["--config", "a.json"], ["--config=a.json"], ["-c", "a.json"], ["-ca.json"]]) {
      expect((await checktoken([...config, text], options(), clock)).exitCode).toBe(0);
      expect((await checktoken([text, ...config], options(), clock)).exitCode).toBe(0);
    }
  });
});

describe("checktoken", () => {
  test.each([
    [{ sub: "ann" }, 'valid connection token for user "ann"\nnever expires'],
    [{ exp: now + 90 }, "valid connection token for the anonymous user\nexpires 2027-01-15T08:01:30Z (in 1m 30s)"],
    [
      { sub: "ann", channels: ["a", "b"], info: { n: 1 }, exp: now + 86_400 },
      'valid connection token for user "ann"\nsubscribes to "a", "b"\ninfo {"n":1}\nexpires 2027-01-16T08:00:00Z (in 1d)',
    ],
    [
      { sub: "ann", channel: "c", client: "id", data: 1 },
      'valid subscription token for user "ann" in channel "c"\nfor client "id" alone\ndata 1\nnever expires',
    ],
    [{ exp: 1e15 }, "valid connection token for the anonymous user\nexpires at 1000000000000000 seconds after 1970"],
  ])("[JW85] it tells what a token is: %j", async (claims, text) => {
    expect(await check(jwt(claims))).toEqual({ text, exitCode: 0 });
  });

  test.each([
    [
      jwt({ exp: now - 3_600 }),
      "connection token: it has expired: 2027-01-15T07:00:00Z (1h ago); its client gets error 109",
    ],
    [
      jwt({ nbf: now + 5 }),
      "connection token: it is not valid yet: 2027-01-15T08:00:05Z (in 5s); its client gets error 109",
    ],
    [
      jwt({}, { secret: "wrong" }),
      "connection token: its signature does not fit the configured key; its client gets disconnect 3500",
    ],
    [
      jwt({ channel: "c" }, { secret: "wrong" }),
      "subscription token: its signature does not fit the configured key; its client gets error 103",
    ],
    [jwt({ b64info: "%" }), "connection token: its b64info is not base64; its client gets error 100"],
    [
      jwt({}, { alg: "RS256", key: keyPair("RS256").privateKey }),
      "connection token: its algorithm has no key in the configuration; its client gets disconnect 3500",
    ],
    [
      "zzz",
      "connection token: it is not a signed JWT (three base64url parts, the first beginning with eyJ); its client gets disconnect 3500",
    ],
  ])("it tells why a token is refused (case %#)", async (token, text) => {
    expect(await check(token)).toEqual({ text: `refused as a ${text}`, exitCode: 1 });
  });

  test("a verified token whose expire_at has passed is told apart", async () => {
    const { text, exitCode } = await check(jwt({ sub: "ann", expire_at: now - 61 }));
    expect(text).toEndWith("but its expire_at has passed: 2027-01-15T07:58:59Z (1m 1s ago); its client gets error 110");
    expect(exitCode).toBe(1);
  });

  test("nothing of a token can move a terminal", async () => {
    const nasty = "a\u001b[31m\u009b31m\u202e\u2028\n";
    const { text } = await check(jwt({ sub: nasty, channels: [nasty], info: nasty }));
    const lines = text.split("\n");
    expect(lines.length).toBe(4);
    for (const line of lines) expect(line).toMatch(/^[ -~]*$/);
  });

  test("without a token, or with two, it says how it is used", async () => {
    for (const args of [[], ["a", "b"], ["--nope", "a"], ["--quiet"], ["--config"], ["--config=a.json"]]) {
      expect(await checktoken(args, options(), clock)).toEqual({ text: "usage: checktoken TOKEN", exitCode: 2 });
    }
  });
});
