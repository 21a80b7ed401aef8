const told = new Set<string>();

/**
 * What the title of a test says that cannot run here, after its own words: "" where it can. Each reason is printed once
 * too, because a run shows the titles of failing tests alone.
 */
export function skipping(reason: string | null): string {
  if (reason === null) return "";
  if (!told.has(reason)) console.warn(`skipped: ${reason}`);
  told.add(reason);
  return ` (skipped: ${reason})`;
}
