import type * as v from "valibot";
import type { Clock } from "../core/clock.ts";
import type { Identity } from "../core/identity.ts";
import type { Log } from "../core/log.ts";
import { RatedLog } from "../core/rated-log.ts";
import type { SubscriptionTokenOptions, TokenOptions } from "../options/token.ts";
import type { Authenticator, SubscriptionClaims, Verdict } from "./authenticator.ts";
import {
  audienceCheck,
  type CommonClaims,
  checkTimes,
  connectionSchema,
  type ParsedClaims,
  parseClaims,
  subscriptionSchema,
} from "./claims.ts";
import { endpointKeys } from "./endpoint.ts";
import { identityOf, subscriptionOf } from "./grants.ts";
import type { Fetch } from "./jwks.ts";
import { configuredKeys, type KeySource } from "./keys.ts";
import { tokenProblems } from "./problems.ts";
import { type Outcome, passed, refusals, refused } from "./refusals.ts";
import { openToken } from "./signature.ts";

/** What the authenticator is made of. */
export interface AuthenticatorOptions {
  /** `client.token`. */
  readonly token: TokenOptions;
  /** `client.subscription_token`. */
  readonly subscriptionToken: SubscriptionTokenOptions;
  readonly clock: Clock;
  readonly log: Log;
  /** Replaces the network in tests. */
  readonly fetch?: Fetch;
}

/** Looks at tokens as the authenticator does, and also says for what reason one is refused: for people, not clients. */
export interface TokenExaminer {
  connection(token: string): Promise<Outcome<Identity>>;
  subscription(token: string): Promise<Outcome<SubscriptionClaims>>;
}

/** One kind of token: its keys, its checks and its claims. */
interface Kind {
  readonly keys: KeySource;
  readonly userClaim: string;
  readonly audience: (claims: CommonClaims) => Outcome<null>;
}

/** Builds the examiner. Throws where the options cannot be used, with what `tokenProblems` says of them. */
export function createTokenExaminer(options: AuthenticatorOptions): TokenExaminer {
  const { token, subscriptionToken, clock } = options;
  const connection = kindOf("client.token", token, options);
  const subscription = subscriptionToken.enabled
    ? kindOf("client.subscription_token", subscriptionToken, options)
    : connection;
  return {
    async connection(token) {
      const parsed = await examine(token, connectionSchema, connection);
      if (!parsed.ok) return parsed;
      if (parsed.value.claims.channel) return refused("channel_present");
      const timely = checkTimes(parsed.value.claims, clock);
      return timely.ok ? identityOf(parsed.value) : timely;
    },
    async subscription(token) {
      const parsed = await examine(token, subscriptionSchema, subscription);
      if (!parsed.ok) return parsed;
      const timely = checkTimes(parsed.value.claims, clock);
      return timely.ok ? subscriptionOf(parsed.value) : timely;
    },
  };
}

function kindOf(path: string, token: TokenOptions, options: AuthenticatorOptions): Kind {
  const problems = tokenProblems(token, path);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return { keys: keysOf(token, options), userClaim: token.user_id_claim, audience: audienceCheck(token) };
}

/** With a key set no other key is used, as in Centrifugo: an old secret must not remain valid beside it. */
function keysOf(token: TokenOptions, { clock, log, fetch = globalThis.fetch }: AuthenticatorOptions): KeySource {
  if (token.jwks_public_endpoint === "") return configuredKeys(token, clock);
  return endpointKeys(token, { clock, log, fetch });
}

/** Signature first, then the claims' types, then for whom and by whom: nothing is believed before it is verified. */
async function examine<Claims extends CommonClaims>(
  token: string,
  schema: v.GenericSchema<unknown, Claims>,
  kind: Kind,
): Promise<Outcome<ParsedClaims<Claims>>> {
  const text = await openToken(token, kind.keys);
  if (!text.ok) return text;
  const parsed = parseClaims(text.value, schema, kind.userClaim);
  if (!parsed.ok) return parsed;
  const meant = kind.audience(parsed.value.claims);
  return meant.ok ? passed(parsed.value) : meant;
}

/**
 * The authenticator of JSON Web Tokens (RFC 7519), with the claims and outcomes of Centrifugo 6.9. Throws at once where
 * the options cannot be used, never later.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const examiner = createTokenExaminer(options);
  const judge = createJudge(options);
  return {
    connection: (token) => judge("connection", () => examiner.connection(token)),
    subscription: (token) => judge("subscription", () => examiner.subscription(token)),
  } satisfies Authenticator;
}

/** Returns the client's part of an outcome, and logs the rest; neither contains the token. */
function createJudge({ clock, log }: Pick<AuthenticatorOptions, "clock" | "log">) {
  const faults = new RatedLog("token.failed", { clock, log, level: "error" });
  return async <Claims>(kind: string, look: () => Promise<Outcome<Claims>>): Promise<Verdict<Claims>> => {
    try {
      const outcome = await look();
      if (outcome.ok) return { ok: true, value: outcome.value };
      log.debug("token.refused", { kind, reason: outcome.error.reason });
      return { ok: false, error: refusals[outcome.error.reason].refusal };
    } catch (error) {
      // Our own mistake. Only the error's name is logged: its text may hold a part of the token.
      faults.add(kind, () => ({ kind, error: error instanceof Error ? error.name : "unknown" }));
      return { ok: false, error: "unavailable" };
    }
  };
}
