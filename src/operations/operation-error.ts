import { badField } from "../core/errors.ts";
import type { Result } from "../core/result.ts";

/**
 * An operation that was refused. The codes are those of the HTTP API: 100 internal error, 102 unknown channel, 106 limit
 * exceeded, 107 bad request, 108 not available in this channel's namespace, 112 unrecoverable position.
 */
export class OperationError extends Error {
  override readonly name = "OperationError";
  readonly code: number;

  constructor({ code, message }: { readonly code: number; readonly message: string }) {
    super(message);
    this.code = code;
  }
}

/** Throws error 107 for one field: its name, and what was expected there. */
export function refuseField(place: string): never {
  throw new OperationError(badField(place));
}

/** The value of a result. Throws its error. */
export function valueOrThrow<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value;
  throw new OperationError(result.error);
}
