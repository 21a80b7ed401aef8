import type { Answer } from "../api/answer.ts";
import { badField } from "../api/encoding.ts";
import type { Disconnect } from "../core/disconnects.ts";

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

/** Throws where a field of an operation is wrong, in the words of the API. */
export function refuseField(place: string): never {
  throw new OperationError(badField(place));
}

/** Lets numbers through that are times or lengths of time; null and absent ones as well. */
export function expectNumber(name: string, value: number | null | undefined): void {
  if (typeof value === "number" && !(Number.isFinite(value) && value >= 0)) refuseField(`${name}: expected 0 or more`);
}

/** A close frame with another code, or a longer reason, cannot be sent. */
export function expectCloseable({ code, reason }: Disconnect): void {
  if (!(Number.isInteger(code) && code >= 3000 && code <= 4999)) refuseField("code: expected 3000 to 4999");
  if (Buffer.byteLength(reason) > 123) refuseField("reason: expected at most 123 bytes");
}

/** What an operation came to. */
export function resultOf<Result>(answer: Answer<Result>): Result {
  if (answer.ok) return answer.result;
  throw new OperationError(answer.error);
}
