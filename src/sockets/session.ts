import type { Random } from "../core/random.ts";

/** A new session: the id of a connection in requests of its client, and in calls of the API. A secret of 244 bits. */
export function createSession(random: Random): string {
  return random.uuid() + random.uuid();
}
