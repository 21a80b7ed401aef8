import type { SubscriptionClaims, Verdict } from "../../../src/auth/authenticator.ts";
import type { Identity } from "../../../src/core/identity.ts";
import type { Token } from "../../../src/core/sealed.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";

/** Has tokens looked at, and their connection act on the verdict when it comes. */
export interface Verification {
  connection(scope: Scope, token: Token, act: (verdict: Verdict<Identity>) => void): void;
  subscription(scope: Scope, token: Token, act: (verdict: Verdict<SubscriptionClaims>) => void): void;
}

/** The verdict where no key is configured. */
const noKeys = { ok: false, error: "invalid" } as const;

/**
 * Made once per server. The verdict goes back to the actor: a connection that has ended, or is about to, acts no more;
 * and what throws, also in the authenticator itself, is the failure of this connection alone, which is closed with 3004.
 */
export function createVerification({ authenticator }: Pick<ConnectionPorts, "authenticator">): Verification {
  return {
    connection: (scope, token, act) =>
      void judge(scope, async () => act.bind(null, (await authenticator?.connection(token.read())) ?? noKeys)),
    subscription: (scope, token, act) =>
      void judge(scope, async () => act.bind(null, (await authenticator?.subscription(token.read())) ?? noKeys)),
  };
}

async function judge({ context, self }: Scope, verify: () => Promise<() => void>): Promise<void> {
  const act = await verify().catch((error: unknown) => () => {
    throw error;
  });
  if (context.socket.isOpen()) self.send({ type: "auth.judged", act });
}
