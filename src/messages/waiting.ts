/** A message that waits for its user, as an operator sees it: without its data. */
interface WaitingMessage {
  readonly id: string;
  readonly user: string;
  /** When it was kept, and until when it waits; milliseconds since 1970. */
  readonly time: number;
  readonly expiresAt: number;
  /** What ends it and for whom; "" where it goes to the next connection. */
  readonly until: string;
  readonly per: string;
  readonly bytes: number;
}

/** What waits in the inbox: how many in all, and the oldest. */
export interface Waiting {
  readonly count: number;
  readonly messages: readonly WaitingMessage[];
}
