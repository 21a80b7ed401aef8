import type { ClientError } from "./errors.ts";

/** What came of something that can fail: a value, or why there is none. Such functions do not throw. */
export type Result<Value, Failure = ClientError> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure };
