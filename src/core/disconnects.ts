/**
 * Why a connection ends: the code and reason of the close frame. Numbers and words are those of the Centrifuge
 * protocol, and the range carries the meaning: 3000-3499 and 4000-4499 tell the client to reconnect,
 * 3500-3999 and 4500-4999 never to.
 */
export interface Disconnect {
  readonly code: number;
  /** At most 123 bytes (RFC 6455 5.5). */
  readonly reason: string;
}

/** Every way in which Chorus itself ends a connection. */
export const disconnects = {
  /** The client closed; never sent. */
  connectionClosed: { code: 3000, reason: "connection closed" },
  shutdown: { code: 3001, reason: "shutdown" },
  internal: { code: 3004, reason: "internal server error" },
  connectionExpired: { code: 3005, reason: "connection expired" },
  subscriptionExpired: { code: 3006, reason: "subscription expired" },
  slow: { code: 3008, reason: "slow" },
  insufficientState: { code: 3010, reason: "insufficient state" },
  forceReconnect: { code: 3011, reason: "force reconnect" },
  noPong: { code: 3012, reason: "no pong" },
  tooManyRequests: { code: 3013, reason: "too many requests" },
  invalidToken: { code: 3500, reason: "invalid token" },
  badRequest: { code: 3501, reason: "bad request" },
  stale: { code: 3502, reason: "stale" },
  forceDisconnect: { code: 3503, reason: "force disconnect" },
  connectionLimit: { code: 3504, reason: "connection limit" },
  channelLimit: { code: 3505, reason: "channel limit" },
  permissionDenied: { code: 3507, reason: "permission denied" },
  notAvailable: { code: 3508, reason: "not available" },
  /** RFC 6455 7.4.1: a frame over the protocol's size limit. The reason is empty, as the runtime's own 1009 is. */
  tooBig: { code: 1009, reason: "" },
} as const satisfies Record<string, Disconnect>;

/** Whether a client learns of it: as recorded, the code of a client's own close is not sent, also where a back end gives it. */
export function isTold({ code }: Disconnect): boolean {
  return code !== disconnects.connectionClosed.code;
}
