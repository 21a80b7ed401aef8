import { expect, test } from "bun:test";
import { SealedHeaders, SealedPayload, Token } from "../../src/core/sealed.ts";

const secret = "a secret";

test.each([
  ["a token", new Token(secret), "[token]", secret],
  ["a payload", new SealedPayload({ kind: "text", text: secret }), "[payload 8 B]", { kind: "text", text: secret }],
  ["header fields", new SealedHeaders({ Authorization: secret }), "[headers 1]", { Authorization: secret }],
])("[CN12] %s is shown by its label and read by its reader alone", (_, sealed, label, value) => {
  expect(JSON.stringify({ sealed })).toBe(JSON.stringify({ sealed: label }));
  expect(Bun.inspect({ sealed })).toContain(label);
  expect(Bun.inspect({ deep: [{ sealed }] }, { depth: 9 })).not.toContain(secret);
  expect(`${Object.keys(sealed)}${String(sealed)}`).not.toContain(secret);
  expect(sealed.read()).toEqual(value);
});
