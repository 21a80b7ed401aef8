/**
 * What verifying a token costs, by algorithm: one after the other, as connections come on a quiet server, and a hundred
 * at once, as they come after a restart. Run with `bun bench/micro/auth.ts`.
 */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { bench, do_not_optimize, run } from "mitata";
import { createAuthenticator } from "../../src/auth/jwt.ts";
import { tokenDefaults } from "../../src/options/token.ts";
import { systemClock } from "../../src/runtime/system.ts";

const secret = "a secret of some thirty-two bytes";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = (key: KeyObject) => key.export({ type: "spki", format: "pem" }).toString();

const authenticator = createAuthenticator({
  token: {
    ...tokenDefaults,
    hmac_secret_key: secret,
    rsa_public_key: pem(rsa.publicKey),
    ecdsa_public_key: pem(ec.publicKey),
  },
  subscriptionToken: { ...tokenDefaults, enabled: false },
  clock: systemClock,
  log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
});

/** A token of an ordinary size: a user, an expiry, some info and two channels. */
function sign(alg: string, key: KeyObject | Uint8Array): Promise<string> {
  return new SignJWT({
    sub: "user-4711",
    info: { name: "Ann", avatar: "https://a.example/ann.png" },
    channels: ["a", "b"],
  })
    .setProtectedHeader({ alg, typ: "JWT" })
    .setExpirationTime("1h")
    .sign(key);
}

const tokens = {
  HS256: await sign("HS256", Buffer.from(secret)),
  RS256: await sign("RS256", rsa.privateKey),
  ES256: await sign("ES256", ec.privateKey),
};
const atOnce = 100;

for (const [alg, token] of Object.entries(tokens)) {
  const verdict = await authenticator.connection(token);
  if (!verdict.ok) throw new Error(`${alg}: the token of the bench is ${verdict.error}`);
  bench(`${alg}, one`, async () => do_not_optimize(await authenticator.connection(token)));
  bench(`${alg}, ${atOnce} at once`, async () => {
    do_not_optimize(await Promise.all(Array.from({ length: atOnce }, () => authenticator.connection(token))));
  });
}
bench("refused by its form", async () => do_not_optimize(await authenticator.connection("zzz")));
bench("refused by its length", async () => do_not_optimize(await authenticator.connection("eyJ".repeat(20_000))));

await run();
