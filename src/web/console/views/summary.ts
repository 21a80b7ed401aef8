/** A connection in a list. */
export interface Summary {
  readonly id: string;
  /** Null until it is authenticated; "" is anonymous. */
  readonly user: string | null;
  readonly address: string;
  readonly protocol: string;
  readonly state: string;
  readonly channels: number;
}

/** How a user is shown. */
export function nameOfUser(user: string | null): string {
  return user === null ? "not authenticated" : user === "" ? "anonymous" : user;
}
