import type { ClientError } from "../core/errors.ts";

/** Which connections are meant; "" of a user are the anonymous ones, no client is all of the user's. */
export interface Who {
  readonly user: string;
  /** The id of one connection. */
  readonly client?: string;
  /** Ids of connections that are spared; only where they are disconnected. */
  readonly whitelist?: readonly string[];
}

/** What an operation answers: its result, or why not. Nothing throws. */
export type Answer<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: ClientError };
