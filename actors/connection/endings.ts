import { type Disconnect, disconnects } from "../../src/core/disconnects.ts";
import { type ClientError, errors } from "../../src/core/errors.ts";

/**
 * Every reason for which a decision ends a connection that was let in, with the close code that its client receives. Each
 * is an event of the machine. What ends a connection from outside (the Hub, the socket, a deadline) is in `machine.ts`.
 */
export const endings = {
  /** A token that was sent for a refresh is invalid, or was made for another user, channel or client. */
  "token.rejected": disconnects.invalidToken,
  /** A token that was sent for a refresh of the connection has expired. */
  "token.outdated": disconnects.connectionExpired,
  /** A token that was sent for a refresh names other channels than the connection has from its token. */
  "subscriptions.differ": disconnects.insufficientState,
  /** A server-side subscription has expired, or the token that was sent for a refresh of a subscription has. */
  "subscription.expired": disconnects.subscriptionExpired,
  /** A server-side subscription has lost its position in the stream. */
  "position.lost": disconnects.insufficientState,
  /** The client may not subscribe to the channel that its connection was opened for. */
  "channel.forbidden": disconnects.permissionDenied,
  /** A channel that the server gives could not be joined: the client could not notice that it is missing. */
  "channel.failed": disconnects.internal,
  /** A back end subscribes the connection to more channels than it may have. */
  "channels.exceeded": disconnects.channelLimit,
  /** A back end took the connection out of the channel that it was opened for, for good. */
  "channel.withdrawn": disconnects.forceDisconnect,
  /** The same, and the client may come back. */
  "channel.interrupted": disconnects.insufficientState,
  /** A client that cannot read errors may not publish in its channel, or sent three frames in a row that the channel does not take. */
  "publishes.refused": disconnects.permissionDenied,
  /** A back end gave the connection an expiry that has passed. */
  "expiry.passed": disconnects.connectionExpired,
  /** The hook that was asked at the expiry of the connection did not renew it. */
  "credentials.expired": disconnects.connectionExpired,
  /** A second connect, a refresh of a subscription that the server made, or a pong that no ping asked for. */
  "command.unexpected": disconnects.badRequest,
  /** A message for an application that has no handler for it. */
  "command.unavailable": disconnects.notAvailable,
  /** The frame goes on with something that is no command. */
  "frame.malformed": disconnects.badRequest,
} as const satisfies Record<string, Disconnect>;

export type Ending = keyof typeof endings;

/** Why a client could not be let in. */
export type Refusal =
  /** No token where one is needed, or a connect command that asks for an unknown namespace. */
  | "missing"
  | "invalid"
  /** The token has expired, or is not valid yet: another one may be fetched. */
  | "expired"
  /** The token holds, but the time that it names for the connection has passed. */
  | "passed"
  | "unavailable"
  /** A token without a user, where those are not accepted. */
  | "anonymous"
  /** The token or the connect command names a channel that is too long or not well-formed. */
  | "bad channel"
  /** The token subscribes to a channel of an unknown namespace. */
  | "unknown channel"
  /** The connection would have more channels from the start than it may. */
  | "too many channels";

/** How a refused connection ends, where its client is not answered instead. */
export const refusalDisconnects: Record<Refusal, Disconnect> = {
  missing: disconnects.badRequest,
  invalid: disconnects.invalidToken,
  anonymous: disconnects.permissionDenied,
  expired: disconnects.connectionExpired,
  passed: disconnects.connectionExpired,
  unavailable: disconnects.internal,
  "bad channel": disconnects.badRequest,
  "unknown channel": disconnects.badRequest,
  "too many channels": disconnects.channelLimit,
};

/** What a client that can read errors is answered instead: another token may do. */
export const refusalErrors: Partial<Record<Refusal, ClientError>> = {
  expired: errors.tokenExpired,
  passed: errors.expired,
  unavailable: errors.internal,
  "bad channel": errors.badRequest,
  "unknown channel": errors.unknownChannel,
};

/** How a hook that refuses the connect ends a connection whose client reads no errors. */
export function rejectionDisconnect({ code, temporary }: ClientError): Disconnect {
  if (code === errors.tokenExpired.code || code === errors.expired.code) return disconnects.connectionExpired;
  if (temporary) return code === errors.tooManyRequests.code ? disconnects.tooManyRequests : disconnects.internal;
  if (code === unauthorizedCode) return disconnects.invalidToken;
  return code === errors.badRequest.code ? disconnects.badRequest : disconnects.permissionDenied;
}

/** How a connect that is refused with an error ends a unidirectional connection: by the configuration, or as recorded. */
export function unidirectionalDisconnect(
  { code }: ClientError,
  configured: ReadonlyMap<number, Disconnect>,
): Disconnect {
  return configured.get(code) ?? unidirectionalDisconnects.get(code) ?? disconnects.internal;
}

const unidirectionalDisconnects: ReadonlyMap<number, Disconnect> = new Map<number, Disconnect>([
  [errors.permissionDenied.code, disconnects.permissionDenied],
  [errors.tokenExpired.code, disconnects.connectionExpired],
  [errors.expired.code, disconnects.connectionExpired],
  [errors.tooManyRequests.code, disconnects.tooManyRequests],
]);

/** The Centrifuge protocol's error `unauthorized`. */
const unauthorizedCode = 101;
