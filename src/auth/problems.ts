import type { TokenOptions } from "../options/token.ts";
import { readEndpoint } from "./endpoint.ts";
import { ecdsaKeys, rsaKeys } from "./keys.ts";
import { compilePattern } from "./pattern.ts";

/**
 * What is wrong with token options: a line each, beginning with the option's path below `path`
 * (`client.token.rsa_public_key: expected ...`); empty where they can be used. No line holds a key or a secret.
 */
export function tokenProblems(options: TokenOptions, path: string): readonly string[] {
  const problems: string[] = [];
  const check = (name: keyof TokenOptions, look: () => void): void => {
    try {
      look();
    } catch (error) {
      problems.push(`${path}.${name}: ${error instanceof Error ? error.message : "cannot be used"}`);
    }
  };
  check("rsa_public_key", () => rsaKeys(options.rsa_public_key));
  check("ecdsa_public_key", () => ecdsaKeys(options.ecdsa_public_key));
  check("jwks_public_endpoint", () => checkEndpoint(options));
  for (const name of ["audience", "issuer"] as const) {
    check(`${name}_regex`, () => checkPattern(options[`${name}_regex`], options[name], name));
  }
  check("user_id_claim", () => checkClaimName(options.user_id_claim));
  return problems;
}

function checkEndpoint(options: TokenOptions): void {
  if (options.jwks_public_endpoint !== "") readEndpoint(options);
}

function checkPattern(pattern: string, exact: string, name: string): void {
  if (pattern === "") return;
  if (exact !== "") throw new Error(`not beside ${name}: set one of the two`);
  compilePattern(pattern);
}

function checkClaimName(name: string): void {
  if (!/^[a-zA-Z_]*$/.test(name)) throw new Error("expected the name of a claim, of letters and _");
}
