import { decodeJwt, SignJWT } from "jose";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { SubscriptionTokenOptions, TokenOptions } from "../options/token.ts";
import { readChecktoken, readGentoken } from "./commandargs.ts";
import { createTokenExaminer } from "./jwt.ts";
import {
  type CommandResult,
  describeConnection,
  describeRefusal,
  describeSubscription,
  describeUser,
  failed,
  misused,
  printable,
} from "./text.ts";
import { describeMoment } from "./time.ts";

/** The part of the configuration that tokens are made and checked with. */
export interface CommandOptions {
  /** `client.token`. */
  readonly token: TokenOptions;
  /** `client.subscription_token`. */
  readonly subscriptionToken: SubscriptionTokenOptions;
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * `gentoken --user ann [--ttl 1h] [--channel c] [--quiet]`: a token signed with the configured HMAC secret, for trying
 * things out. It holds what this very configuration asks for. `args` are the words after the command's name; `--config`
 * is passed over, because it has been read by then.
 */
export async function gentoken(args: readonly string[], options: CommandOptions, clock: Clock): Promise<CommandResult> {
  const asked = readGentoken(args);
  if (typeof asked === "string") return misused(asked);
  const own = asked.channel !== undefined && options.subscriptionToken.enabled;
  const path = own ? "client.subscription_token" : "client.token";
  const token = own ? options.subscriptionToken : options.token;
  if (token.hmac_secret_key === "") return failed(`gentoken signs with ${path}.hmac_secret_key, which is not set`);
  if (token.jwks_public_endpoint !== "") {
    return failed(`gentoken signs with HMAC, which is not accepted beside ${path}.jwks_public_endpoint`);
  }
  const issuedAt = Math.floor(clock.wall() / 1000);
  const exp = asked.ttlMs > 0 ? Math.ceil((clock.wall() + asked.ttlMs) / 1000) : undefined;
  const signed = await new SignJWT({
    sub: asked.user,
    iat: issuedAt,
    ...(exp !== undefined && { exp }),
    ...(asked.channel !== undefined && { channel: asked.channel }),
    ...(token.audience !== "" && { aud: token.audience }),
    ...(token.issuer !== "" && { iss: token.issuer }),
    ...(token.user_id_claim !== "" && { [token.user_id_claim]: asked.user }),
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(Buffer.from(token.hmac_secret_key));
  if (asked.quiet) return { text: signed, exitCode: 0 };
  const purpose = asked.channel === undefined ? "connection" : `channel ${printable(asked.channel)}`;
  const until = exp === undefined ? "never expires" : `expires ${describeMoment(exp, clock)}`;
  return { text: `HS256 token for ${describeUser(asked.user)}, ${purpose}, ${until}:\n${signed}`, exitCode: 0 };
}

/**
 * `checktoken TOKEN`: what the token is, for whom and until when, or why it is refused and what its client would see.
 * A token that names a channel is checked as a subscription token, any other one as a connection token.
 */
export async function checktoken(
  args: readonly string[],
  options: CommandOptions,
  clock: Clock,
): Promise<CommandResult> {
  const token = readChecktoken(args);
  if (token === null) return misused("usage: checktoken TOKEN");
  const examiner = createTokenExaminer({ ...options, clock, log: silent });
  if (namesChannel(token)) {
    const outcome = await examiner.subscription(token);
    return outcome.ok ? describeSubscription(outcome.value, clock) : describeRefusal("subscription", outcome, clock);
  }
  const outcome = await examiner.connection(token);
  return outcome.ok ? describeConnection(outcome.value, clock) : describeRefusal("connection", outcome, clock);
}

/** Reads unverified claims, to choose the question alone; the answer comes from the examiner. */
function namesChannel(token: string): boolean {
  try {
    return Boolean(decodeJwt(token)["channel"]);
  } catch {
    return false;
  }
}
