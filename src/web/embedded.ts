import { basename } from "node:path";
import consolePage from "./console/index.html";
import type { PageFile, PageFolder } from "./files.ts";
import page from "./page/index.html";

const pages: Readonly<Record<PageFolder, Bun.HTMLBundle>> = { page, console: consolePage };

/** Reads a page out of the binary that it was built into: `scripts/binary.ts` puts this module in the place of `files.ts`. */
export async function filesOf(folder: PageFolder): Promise<readonly PageFile[]> {
  const files = pages[folder].files ?? [];
  const names = files.filter(({ loader }) => loader !== "html").map(({ path }) => basename(path));
  return await Promise.all(
    files.map(async ({ path, loader, headers }) => {
      const type = headers["content-type"];
      if (loader !== "html") return { path: `assets/${basename(path)}`, type, body: await Bun.file(path).bytes() };
      const text = withRelativeLinks(await Bun.file(path).text(), names);
      return { path: "index.html", type, body: new TextEncoder().encode(text) };
    }),
  );
}

/** Bun's links in a binary begin at the root of the host; the page may be below a path of a proxy. */
function withRelativeLinks(text: string, names: readonly string[]): string {
  return names.reduce((html, name) => html.replaceAll(`"/${name}"`, `"./assets/${name}"`), text);
}
