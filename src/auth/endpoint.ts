import * as v from "valibot";
import type { TokenOptions } from "../options/token.ts";
import { listedMax, listedValues } from "./allowed-values.ts";
import { type RemoteKeysOptions, remoteKeys } from "./jwks.ts";
import type { KeySource } from "./keys.ts";
import { compilePattern } from "./pattern.ts";
import { type Outcome, passed, refused } from "./refusals.ts";

/** The options that say where key sets are. */
type EndpointOptions = Pick<TokenOptions, "jwks_public_endpoint" | "issuer_regex" | "audience_regex">;

/** Where the value of a placeholder comes from. */
interface Placeholder {
  readonly name: string;
  readonly claim: "iss" | "aud";
  readonly values: readonly string[];
}

/** One address, and the values of the placeholders that lead to it, in their order. */
interface Address {
  readonly url: string;
  readonly values: readonly string[];
}

/** Every address that the configuration allows; each is known before the first token comes. */
interface Endpoint {
  readonly placeholders: readonly Placeholder[];
  readonly addresses: readonly Address[];
}

/** The unverified claims that choose an address. */
const claimsSchema = v.object({
  iss: v.nullish(v.string(), ""),
  aud: v.nullish(
    v.union([
      v.pipe(
        v.string(),
        v.transform((text) => [text]),
      ),
      v.array(v.string()),
    ]),
    [],
  ),
});

/**
 * Writes out a `jwks_public_endpoint`: each `{{name}}` in it is a named group of `issuer_regex` or
 * `audience_regex`, which has to list its values, as in Centrifugo 6.9. Throws with a sentence where it cannot be used.
 */
export function readEndpoint(options: EndpointOptions): Endpoint {
  const parts = options.jwks_public_endpoint.split(/\{\{([^{}]*)\}\}/);
  const names = [...new Set(parts.filter((_, index) => index % 2 === 1))];
  if (/\{\{|\}\}/.test(parts.filter((_, index) => index % 2 === 0).join(" "))) {
    throw new Error("expected placeholders in the form {{name}}");
  }
  const placeholders = names.map((name) => readPlaceholder(name, options));
  const count = placeholders.reduce((product, { values }) => product * values.length, 1);
  if (count > listedMax) throw new Error(`its placeholders stand for ${count} addresses, more than ${listedMax}`);
  const addresses = combinations(placeholders).map((values) => {
    const url = parts.map((part, index) => (index % 2 === 1 ? (values[names.indexOf(part)] ?? "") : part)).join("");
    checkAddress(url);
    return { url, values };
  });
  return { placeholders, addresses };
}

function readPlaceholder(name: string, { issuer_regex, audience_regex }: EndpointOptions): Placeholder {
  const [issuers, audiences] = [issuer_regex, audience_regex].map((pattern) => listedOf(pattern, name));
  if (issuers && audiences) throw new Error(`{{${name}}} is a group of both issuer_regex and audience_regex`);
  if (issuers) return { name, claim: "iss", values: issuers };
  if (audiences) return { name, claim: "aud", values: audiences };
  throw new Error(`{{${name}}} is no named group of issuer_regex or audience_regex`);
}

function listedOf(pattern: string, name: string): readonly string[] | null {
  try {
    return listedValues(pattern, name);
  } catch (error) {
    throw new Error(`{{${name}}} does not stand for a list of values: ${error instanceof Error ? error.message : ""}`);
  }
}

function combinations(placeholders: readonly Placeholder[]): readonly (readonly string[])[] {
  let found: readonly (readonly string[])[] = [[]];
  for (const { values } of placeholders) found = found.flatMap((begun) => values.map((value) => [...begun, value]));
  return found;
}

function checkAddress(address: string): void {
  const url = URL.parse(address);
  if (url?.protocol !== "https:" && url?.protocol !== "http:") throw new Error("expected an http or https URL");
}

/**
 * The key sets of an endpoint. Where it has placeholders, the issuer and the audience that a token claims choose one
 * among the addresses of the configuration, by an exact match, and do nothing else before the signature is verified:
 * no text of a token becomes a part of an address (CVE-2026-32301).
 */
export function endpointKeys(options: EndpointOptions, rest: Omit<RemoteKeysOptions, "url">): KeySource {
  const { placeholders, addresses } = readEndpoint(options);
  const sources = new Map(addresses.map(({ url, values }) => [keyOf(values), remoteKeys({ ...rest, url })]));
  const [only] = sources.values();
  if (placeholders.length === 0 && only !== undefined) return only;
  const choose = chooser(options, placeholders);
  return {
    async find(question) {
      const values = choose(question.payload);
      if (!values.ok) return values;
      const source = sources.get(keyOf(values.value));
      return source === undefined ? refused("issuer") : source.find(question);
    },
  };
}

/** The values of an address as one text. */
function keyOf(values: readonly string[]): string {
  return JSON.stringify(values);
}

function chooser(options: EndpointOptions, placeholders: readonly Placeholder[]) {
  const groupsOf = {
    iss: options.issuer_regex === "" ? null : compilePattern(options.issuer_regex),
    aud: options.audience_regex === "" ? null : compilePattern(options.audience_regex),
  };
  return (payload: string): Outcome<readonly string[]> => {
    const claims = readClaims(payload);
    if (claims === null) return refused("claims");
    const texts = { iss: [claims.iss], aud: claims.aud };
    const values = placeholders.map(({ name, claim }) => {
      const matchers = texts[claim].map((text) => groupsOf[claim]?.matcher(text));
      return matchers.find((matcher) => matcher?.find())?.group(name) ?? null;
    });
    const missing = values.indexOf(null);
    if (missing >= 0) return refused(placeholders[missing]?.claim === "aud" ? "audience" : "issuer");
    return passed(values.filter((value) => value !== null));
  };
}

function readClaims(payload: string): v.InferOutput<typeof claimsSchema> | null {
  try {
    const claims = v.safeParse(claimsSchema, JSON.parse(Buffer.from(payload, "base64url").toString()));
    return claims.success ? claims.output : null;
  } catch {
    return null;
  }
}
