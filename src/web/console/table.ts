import { make } from "../page/dom.ts";

/** What a cell holds: a text, which is shown as it is, or an element. */
export type Cell = string | Node;

/** A table with a caption; `none` is said where it has no rows. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly Cell[])[], none = "None.") {
  const head = make("tr", { children: heads.map((text) => make("th", { text })) });
  for (const cell of head.children) cell.setAttribute("scope", "col");
  const body = make("tbody");
  const made = make("table", {
    children: [make("caption", { text: caption }), make("thead", { children: [head] }), body],
  });
  fill(body, rows, { columns: heads.length, none });
  return made;
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
  const heads = body.closest("table")?.tHead?.rows[0]?.cells;
  body.replaceChildren(...rows.map((cells) => row(cells, heads)));
}

/** On a small screen a row is a block, whose cells carry their headings. */
function row(cells: readonly Cell[], heads: HTMLCollectionOf<HTMLTableCellElement> | undefined): HTMLTableRowElement {
  return make("tr", {
    children: cells.map((cell, index) => {
      const made = typeof cell === "string" ? make("td", { text: cell }) : make("td", { children: [cell] });
      const label = heads?.[index]?.textContent ?? "";
      if (label !== "") made.dataset["label"] = label;
      return made;
    }),
  });
}

/** Counts by name, the largest first. */
export function countRows(counts: Readonly<Record<string, number>>, write: (count: number) => string): string[][] {
  return Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => [name, write(count)]);
}
