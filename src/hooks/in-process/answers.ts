import type { Reason } from "../../contract/errors.ts";

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** A duration with its unit; a bare number is milliseconds. */
export type Duration = `${number}ms` | `${number}s` | `${number}m` | `${number}h` | number;

/** A refusal. Errors that a client is meant to see are values; what a handler throws is a fault, and is never shown. */
export interface Refused<Code extends string = Reason> {
  readonly ok: false;
  readonly code: Code;
  /** Shown to the client; without it the code's own text is. */
  readonly message?: string;
  /** The client may try again. */
  readonly temporary?: boolean;
}

/** What a refusal may say beside its code. */
export interface RefusalDetails {
  readonly message?: string;
  readonly temporary?: boolean;
}

/** Refuses what the client asked for, with a reason of Chorus or an error of the contract. */
export function refuse<const Code extends string>(code: Code, details: RefusalDetails = {}): Refused<Code> {
  return { ok: false, code, ...details };
}

/** Who a connection is from now on. */
export interface Accepted<Session> {
  readonly ok: true;
  /** The user's id; "" is anonymous. */
  readonly user: string;
  /** Kept with the connection, for its handlers alone: clients never see it. */
  readonly session: Session;
  /** What others see of the connection in presence, joins and publications: any value that JSON can hold. */
  readonly info?: unknown;
  /** When the connection expires; null, and absent, is never. */
  readonly expiresAt?: Date | null;
  /** Channels that the server subscribes the connection to. */
  readonly channels?: readonly string[];
}

/** Accepts a connection. */
export function accept<Session>(who: Omit<Accepted<Session>, "ok">): Accepted<Session> {
  return { ok: true, ...who };
}
