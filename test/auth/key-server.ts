import { afterAll } from "bun:test";
import type { KeyObject } from "node:crypto";
import type { AuthenticatorOptions } from "../../src/auth/jwt.ts";
import { authenticator, jwt, keptLog, keyPair, manualClock, now } from "./support.ts";

export const keys = {
  RS256: keyPair("RS256"),
  ES256: keyPair("ES256"),
  ES512: keyPair("ES512"),
  EdDSA: keyPair("EdDSA"),
};
export const claims = { sub: "ann", exp: now + 86_400 };
const servers: { stop(force: boolean): unknown }[] = [];
afterAll(() => {
  for (const server of servers) server.stop(true);
});

/** A key set server on a free port whose answer a test may change, and which counts what it was asked. */
export function keyServer(answer: () => Response | Promise<Response>) {
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

export const jwk = (key: KeyObject, more: object) => ({ ...key.export({ format: "jwk" }), ...more });
export const keySet = (...set: object[]) => Response.json({ keys: set });
export const rsaSet = (kid = "r") => keySet(jwk(keys.RS256.publicKey, { kid, alg: "RS256", use: "sig" }));
export const rsaToken = (kid?: string, more: object = {}) =>
  jwt({ ...claims, ...more }, { alg: "RS256", key: keys.RS256.privateKey, header: kid === undefined ? {} : { kid } });

export function remote(url: string, rest: Partial<AuthenticatorOptions> = {}) {
  const clock = manualClock();
  const log = keptLog();
  return { clock, log, auth: authenticator({ jwks_public_endpoint: url }, { clock, log, ...rest }) };
}
