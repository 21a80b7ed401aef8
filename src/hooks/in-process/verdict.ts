import type { ErrorCodes } from "../../contract/contract.ts";
import { numberOf } from "../../contract/errors.ts";
import { type ClientError, errors } from "../../core/errors.ts";

const unauthorized: ClientError = { code: 101, message: "unauthorized" };

/** The standard errors that a reason is answered with, by number. */
const standard = new Map<number, ClientError>(
  [...Object.values(errors), unauthorized].map((error) => [error.code, error]),
);

/** What a handler refused with; null where its answer is no refusal. */
export function refusalIn(answer: unknown): { code: string; message?: string; temporary?: boolean } | null {
  if (typeof answer !== "object" || answer === null) return null;
  if (!("ok" in answer) || answer.ok !== false || !("code" in answer) || typeof answer.code !== "string") return null;
  const message = "message" in answer && typeof answer.message === "string" ? answer.message : undefined;
  const temporary = "temporary" in answer && typeof answer.temporary === "boolean" ? answer.temporary : undefined;
  return {
    code: answer.code,
    ...(message !== undefined && { message }),
    ...(temporary !== undefined && { temporary }),
  };
}

/**
 * The error that a refusal is answered with; null where its code is neither a reason of Chorus nor in the contract.
 * An unknown call is error 104, an unknown channel 102.
 */
export function errorOf(
  { code, message, temporary }: { code: string; message?: string; temporary?: boolean },
  { own, unknown = errors.unknownChannel }: { own?: ErrorCodes | undefined; unknown?: ClientError },
): ClientError | null {
  const declared = own && Object.hasOwn(own, code) ? own[code] : undefined;
  const number = declared ?? (code === "unknown" ? unknown.code : numberOf(code));
  if (number === null) return null;
  const base = declared === undefined ? standard.get(number) : undefined;
  const isTemporary = temporary ?? base?.temporary ?? false;
  return { code: number, message: message ?? base?.message ?? code, ...(isTemporary && { temporary: true as const }) };
}

/** The error of an invalid input: 107 with the place in the value, and never the value. */
export function invalidInput(path: string): ClientError {
  const { code, message } = errors.badRequest;
  return { code, message: path === "" ? message : `${message}: ${path}` };
}
