/**
 * Asks for parts of a list one by one, and answers for all of it, in its order, when all have answered.
 * `ask` is given what belongs together, and answers once, later or at once, with as many answers.
 */
export function askInParts<Item, Part, Answer>(
  items: readonly Item[],
  partOf: (item: Item) => Part,
  ask: (part: Part, items: readonly Item[], done: (answers: readonly Answer[]) => void) => void,
  done: (answers: readonly Answer[]) => void,
): void {
  if (items.length === 0) {
    done([]);
    return;
  }
  const parts = Map.groupBy(items.entries(), ([, item]) => partOf(item));
  const all = new Array<Answer>(items.length);
  let left = parts.size;
  for (const [part, entries] of parts) {
    const some = entries.map(([, item]) => item);
    ask(part, some, (answers) => {
      for (const [index, answer] of answers.entries()) all[entries[index]?.[0] ?? 0] = answer;
      left -= 1;
      if (left === 0) done(all);
    });
  }
}
