/** Of these the largest counts: a sum says nothing. */
const largest = new Set(["at", "lag"]);

/** The figures of several processes as those of one node. What is no number is that of the first. */
export function sumOf<Figures extends object>(first: Figures, others: readonly Figures[]): Figures {
  const sum = { ...first };
  for (const name of Object.keys(first) as (keyof Figures & string)[]) {
    const values = others.map((each) => each[name]);
    sum[name] = added(name, first[name], values) as Figures[typeof name];
  }
  return sum;
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
