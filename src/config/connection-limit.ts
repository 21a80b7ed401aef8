/** Open files that a node needs besides its connections: listeners, stores, logs, and those of the API. */
const reservedFiles = 200;

/**
 * How many connections a node accepts: `client.connection_limit`, or what the process may open where that is less. A
 * limit of 0 leaves it to the open files alone, `Infinity` open files to the limit alone.
 */
export function connectionLimitWithin(limit: number, openFilesMax: number): { limit: number; isReduced: boolean } {
  const possible = Math.max(1, openFilesMax - reservedFiles);
  return limit === 0 || limit > possible ? { limit: possible, isReduced: true } : { limit, isReduced: false };
}
