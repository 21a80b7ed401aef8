/** An error in words, with its place in the code: for the log alone, a client never sees it. */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return `not an Error: ${typeof error}`;
  // A time-out has no place in the code.
  if (error instanceof DOMException) return `${error.name}: ${error.message}`;
  return error.stack ?? `${error.name}: ${error.message}`;
}
