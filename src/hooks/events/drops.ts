import type { EventStatements } from "./file.ts";

/** Events of a route that are gone. */
export interface Dropped {
  readonly route: string;
  readonly n: number;
}

/** Drops so many of the oldest events, and counts them as lost. */
export function dropOldest({ oldest, removeOldest, addLost }: EventStatements, limit: number): Dropped[] {
  if (limit <= 0) return [];
  const found = oldest.all(limit);
  for (const { route, n } of found) addLost.run(route, n);
  removeOldest.run(limit);
  return found;
}

/**
 * Drops the events from before a time, in milliseconds since 1970, and counts them as lost. It looks at the oldest event first: to count those that are too old means to read all of them.
 */
export function dropOld({ oldestTime, old, removeOld, addLost }: EventStatements, time: number): Dropped[] {
  if ((oldestTime.get()?.time ?? time) >= time) return [];
  const found = old.all(time);
  for (const { route, n } of found) addLost.run(route, n);
  removeOld.run(time);
  return found;
}

/** How many these are. */
export function total(dropped: readonly Dropped[]): number {
  return dropped.reduce((all, { n }) => all + n, 0);
}
