/**
 * What is answered to one command that cannot be done; the connection stays. Numbers and words are those of the
 * Centrifuge protocol, so that stock clients act on them. 400 to 1999 are free for applications.
 */
export interface ClientError {
  readonly code: number;
  readonly message: string;
  /** The same command may succeed later: the client tries again by itself. */
  readonly temporary?: true;
}

/** Every error that Chorus answers with. */
export const errors = {
  internal: { code: 100, message: "internal server error", temporary: true },
  unknownChannel: { code: 102, message: "unknown channel" },
  permissionDenied: { code: 103, message: "permission denied" },
  methodNotFound: { code: 104, message: "method not found" },
  alreadySubscribed: { code: 105, message: "already subscribed" },
  limitExceeded: { code: 106, message: "limit exceeded" },
  badRequest: { code: 107, message: "bad request" },
  notAvailable: { code: 108, message: "not available" },
  tokenExpired: { code: 109, message: "token expired" },
  expired: { code: 110, message: "expired" },
  tooManyRequests: { code: 111, message: "too many requests", temporary: true },
  unrecoverablePosition: { code: 112, message: "unrecoverable position" },
} as const satisfies Record<string, ClientError>;

/** An error with the reason after its text: where the caller would have to guess, or Centrifugo has no such error. */
export function withReason({ code, message }: ClientError, reason: string): ClientError {
  return { code, message: `${message}: ${reason}` };
}

/** Error 107 for one field: its name, and what was expected there. */
export function badField(place: string): ClientError {
  return withReason(errors.badRequest, place);
}

/** Whether what was asked for is an error. */
export function isError(found: object): found is ClientError {
  return "code" in found && "message" in found;
}
