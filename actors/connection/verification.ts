import type { Authenticator } from "../../src/auth/authenticator.ts";
import type { Token } from "../../src/core/sealed.ts";
import type { PendingToken } from "./decide/decision.ts";
import type { TokenVerified } from "./events.ts";
import type { Scope } from "./ports.ts";

/** The verdict where no key is configured. */
const noKeys = { ok: false, error: "invalid" } as const;

/**
 * Has a token verified. The verdict goes back to the actor as an event with the ticket under which the connection waits
 * for it: a connection that has ended, or no longer waits, takes no notice of it.
 */
export async function verifyToken(
  authenticator: Authenticator | null,
  { connection, self }: Scope,
  { token, purpose, ticket }: { readonly token: Token; readonly purpose: PendingToken["for"]; readonly ticket: number },
): Promise<void> {
  try {
    const verified = await verdictOn(authenticator, token, purpose);
    if (connection.socket.isOpen()) self.send({ type: "token.verified", ticket, ...verified });
  } catch (error) {
    if (connection.socket.isOpen()) self.send({ type: "verification.failed", ticket, error: String(error) });
  }
}

type Verified = Pick<TokenVerified, "purpose" | "verdict"> extends infer _ ? DistributiveOmit<TokenVerified> : never;
type DistributiveOmit<Event> = Event extends unknown ? Omit<Event, "type" | "ticket"> : never;

async function verdictOn(
  authenticator: Authenticator | null,
  token: Token,
  purpose: PendingToken["for"],
): Promise<Verified> {
  switch (purpose) {
    case "connect":
    case "refresh":
      return { purpose, verdict: (await authenticator?.connection(token.read())) ?? noKeys };
    case "subscribe":
    case "sub_refresh":
      return { purpose, verdict: (await authenticator?.subscription(token.read())) ?? noKeys };
  }
}
