import { Glob } from "bun";

const folder = "docs/guides";

/** Pages whose snippets are a back end without the package: tests of `test/docs` run them. */
const elsewhere: readonly string[] = ["http-hooks.md", "lifecycle-events.md"];

/** A page whose snippets are the files of one program. */
export interface Guide {
  readonly name: string;
  /** The snippets by the name in their first line: `// server.ts`. */
  readonly files: ReadonlyMap<string, string>;
  /** What `main.ts` prints, as the page says. */
  readonly output: string;
}

/** The guides that have snippets of TypeScript. */
export async function readGuides(): Promise<readonly Guide[]> {
  const names = [...new Glob("*.md").scanSync(folder)].filter((page) => !elsewhere.includes(page)).sort();
  const guides = await Promise.all(names.map(readGuide));
  return guides.filter(({ files }) => files.size > 0);
}

async function readGuide(page: string): Promise<Guide> {
  const text = await Bun.file(`${folder}/${page}`).text();
  const blocks = [...text.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)];
  const files = new Map(blocks.map(([, name = "", code = ""]) => [name, code]));
  if (blocks.length !== text.split("```ts\n").length - 1)
    throw new Error(`${page}: a snippet without the name of its file`);
  const [, output = ""] = /```text\n([\s\S]*?)```/.exec(text) ?? [];
  return { name: page.replace(".md", ""), files, output };
}
