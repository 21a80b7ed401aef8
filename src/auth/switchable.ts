import type { Authenticator } from "./authenticator.ts";

/** An authenticator whose keys can be replaced while the server runs. */
export interface SwitchableAuthenticator extends Authenticator {
  /** Tokens that come from now on are verified by `next`. */
  replace(next: Authenticator): void;
}

/** Passes every token on to the authenticator that holds at the time. */
export function switchableAuthenticator(first: Authenticator): SwitchableAuthenticator {
  let current = first;
  return {
    replace: (next) => {
      current = next;
    },
    connection: (token) => current.connection(token),
    subscription: (token) => current.subscription(token),
  };
}
