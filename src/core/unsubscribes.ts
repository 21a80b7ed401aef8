/** Why the server ended one subscription. From 2500 on the client subscribes again by itself. */
export interface Unsubscribe {
  readonly code: number;
  readonly reason: string;
}

/** Every way in which Chorus ends a subscription while the connection stays. */
export const unsubscribes = {
  server: { code: 2000, reason: "server unsubscribe" },
  insufficientState: { code: 2500, reason: "insufficient state" },
  subscriptionExpired: { code: 2501, reason: "subscription expired" },
} as const satisfies Record<string, Unsubscribe>;

/** Why a subscription ended without a word to its client: it wished so itself, or is gone. */
export const untoldUnsubscribes = {
  client: { code: 0, reason: "client unsubscribed" },
  disconnected: { code: 1, reason: "client disconnected" },
} as const satisfies Record<string, Unsubscribe>;
