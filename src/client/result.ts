import { type Reason, reasonOf } from "../contract/errors.ts";

/** What the client itself fails with, beside the reasons of the server. */
export type ClientReason =
  /** No answer came in time. */
  | "timeout"
  /** The connection is closed, or was closed before the answer came. */
  | "disconnected"
  /** The schema refused what was to be sent; nothing was sent. */
  | "invalid_input"
  /** The schema refused what the server answered. */
  | "invalid_output";

/** What came instead of a value. */
export interface Failure<Code extends string = never> {
  readonly ok: false;
  readonly error: {
    readonly code: Code | Reason | ClientReason;
    /** The number on the wire: of an error, or of the disconnect. */
    readonly number: number;
    readonly message: string;
    /** The same may succeed later. */
    readonly temporary: boolean;
  };
}

/** A value, or why there is none. Errors of the server and of the network are values; they are not thrown. */
export type Result<T, Code extends string = never> = { readonly ok: true; readonly value: T } | Failure<Code>;

/** Names of error numbers, by number. */
export type ErrorNames = ReadonlyMap<number, string>;

/** The names of the errors that a channel or a call declares. */
export function errorNames(errors: Readonly<Record<string, number>> | undefined): ErrorNames {
  return new Map(Object.entries(errors ?? {}).map(([name, number]) => [number, name]));
}

/** The number that the stock client gives a command without an answer in time; numbers below 100 are never sent. */
export const stockTimeout = 1;

/** The failure of a number and a text, as a stock client reports an error reply, a disconnect or a fault of its own. */
export function failureOf<Code extends string>(
  { number, message, temporary }: { number: number; message: string; temporary: boolean },
  names: ErrorNames,
): Failure<Code> {
  const own = names.get(number) ?? reasonOf(number) ?? (number === stockTimeout ? "timeout" : "disconnected");
  // The names are those of the contract, of which `Code` is made.
  return { ok: false, error: { code: own as Code | Reason | ClientReason, number, message, temporary } };
}

/** The failure that a promise of a stock client was rejected with. */
export function failureOfRejection<Code extends string>(rejection: unknown, names: ErrorNames): Failure<Code> {
  const { code, message, temporary } = readRejection(rejection);
  return failureOf({ number: code, message, temporary: temporary || code < 100 }, names);
}

/** A schema of the contract refused a value; `path` says where in it. */
export function invalid(code: "invalid_input" | "invalid_output", path: string): Failure<never> {
  const message = path === "" ? code : `${code}: ${path}`;
  return { ok: false, error: { code, number: 107, message, temporary: false } };
}

function readRejection(rejection: unknown): { code: number; message: string; temporary: boolean } {
  const fields = typeof rejection === "object" && rejection !== null ? rejection : {};
  return {
    code: "code" in fields && typeof fields.code === "number" ? fields.code : 0,
    message: "message" in fields && typeof fields.message === "string" ? fields.message : String(rejection),
    temporary: "temporary" in fields && fields.temporary === true,
  };
}
