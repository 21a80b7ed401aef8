/** Figures of a process: numbers, and numbers by name. */
type Figures = Readonly<Record<string, unknown>>;

/** Of these the largest is told: a sum says nothing. */
const largest = new Set(["at", "lag"]);

/** The figures of several processes as those of one node. What is no number is that of the first. */
export function sumOf(first: Figures, others: readonly Figures[]): Figures {
  return Object.fromEntries(
    Object.entries(first).map(([name, value]) => [
      name,
      added(
        name,
        value,
        others.map((each) => each[name]),
      ),
    ]),
  );
}

function added(name: string, value: unknown, others: readonly unknown[]): unknown {
  if (typeof value === "number") {
    const all = [value, ...others.filter((each) => typeof each === "number")];
    return largest.has(name) ? Math.max(...all) : all.reduce((sum, each) => sum + each, 0);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const counts = new Map<string, number>();
  for (const [key, count] of [value, ...others].flatMap((each) => Object.entries(each ?? {}))) {
    counts.set(key, (counts.get(key) ?? 0) + Number(count));
  }
  return Object.fromEntries(counts);
}
