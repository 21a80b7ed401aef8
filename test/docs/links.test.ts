import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Glob } from "bun";

const pages = ["README.md", "SECURITY.md", "CHANGELOG.md", ...new Glob("docs/**/*.md").scanSync()];

/** Where the links of a page lead inside of the repository, from its root. */
async function targetsOf(page: string): Promise<readonly string[]> {
  const text = await Bun.file(page).text();
  const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !link.startsWith("http")).map((link) => join(dirname(page), link));
}

test("every link of the documentation leads to a file", async () => {
  const targets = (await Promise.all(pages.map(targetsOf))).flat();
  expect(targets.length).toBeGreaterThan(20);
  expect(targets.filter((target) => !existsSync(target))).toEqual([]);
});

test("the index names every page of the documentation", async () => {
  const named = await targetsOf("docs/README.md");
  const others = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  expect(others.filter((page) => !named.includes(page))).toEqual([]);
});
