import type { ClientError } from "./errors.ts";

/** What came of something that can fail: a value, or why there is none. Such functions do not throw. */
export type Result<Value, Failure = ClientError> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure };

/** An operation that was not done, and why. */
export type Refusal = Extract<Result<never>, { ok: false }>;

/** The result of an operation that has nothing to say but that it is done. */
export const done: Result<null> = { ok: true, value: null };

/** The result of an operation that is refused. */
export function refuse(error: ClientError): Refusal {
  return { ok: false, error };
}
