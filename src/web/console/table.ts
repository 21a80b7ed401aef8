import { make } from "../page/dom.ts";

/** What a cell holds: a text, which is shown as it is, or an element. */
export type Cell = string | Node;

/** A table with a caption; `none` is said where it has no rows. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly Cell[])[], none = "None.") {
  const head = make("tr", { children: heads.map((text) => make("th", { text })) });
  for (const cell of head.children) cell.setAttribute("scope", "col");
  const body = make("tbody");
  fill(body, rows, { columns: heads.length, none });
  return make("table", {
    children: [make("caption", { text: caption }), make("thead", { children: [head] }), body],
  });
}

/** Replaces the rows of a table. */
export function fill(
  body: HTMLTableSectionElement,
  rows: readonly (readonly Cell[])[],
  { columns, none }: { columns: number; none: string },
): void {
  if (rows.length === 0) {
    const cell = make("td", { class: "hint", text: none });
    cell.colSpan = columns;
    body.replaceChildren(make("tr", { children: [cell] }));
    return;
  }
  body.replaceChildren(...rows.map(row));
}

function row(cells: readonly Cell[]): HTMLTableRowElement {
  return make("tr", {
    children: cells.map((cell) =>
      typeof cell === "string" ? make("td", { text: cell }) : make("td", { children: [cell] }),
    ),
  });
}

/** Counts by name, the largest first. */
export function countRows(counts: Readonly<Record<string, number>>, write: (count: number) => string): string[][] {
  return Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => [name, write(count)]);
}
