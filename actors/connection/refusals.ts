import { type Disconnect, disconnects } from "../../src/core/disconnects.ts";
import { type ClientError, errors } from "../../src/core/errors.ts";
import type { ConnectionContext, Refusal } from "./events.ts";

/** Whether the client can be told of an error; otherwise it can only be closed. */
export const canReadErrors = (context: ConnectionContext) => context.socket.capabilities.canReadErrors;

/** How a connection ends that is not let in, where it is not answered instead. */
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

/** What a Centrifuge client is answered instead: it may come back with another token. */
export const refusalErrors: Partial<Record<Refusal, ClientError>> = {
  expired: errors.tokenExpired,
  passed: errors.expired,
  unavailable: errors.internal,
  "bad channel": errors.badRequest,
  "unknown channel": errors.unknownChannel,
};
