import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { Glob } from "bun";

const pages = ["README.md", "SECURITY.md", "CHANGELOG.md", ...new Glob("docs/**/*.md").scanSync()];
const texts = new Map(await Promise.all(pages.map(async (page) => [page, await Bun.file(page).text()] as const)));

/** Where the links of a page lead inside of the repository: a path from its root, and a heading after `#`. */
function targetsOf(page: string): readonly string[] {
  const text = (texts.get(page) ?? "").replace(/```[\s\S]*?```/g, "");
  const inText = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const pictures = [...text.matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, link = ""]) => link);
  const own = [...inText, ...pictures].filter((link) => !/^https?:/.test(link));
  return own.map((link) => (link.startsWith("#") ? page + link : normalize(join(dirname(page), link))));
}

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(page: string): readonly string[] {
  const text = (texts.get(page) ?? "").replace(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("[RM9] every link of the documentation leads to a file and a heading that are there", () => {
  const targets = pages.flatMap(targetsOf);
  expect(targets.length).toBeGreaterThan(100);
  const broken = targets.filter((target) => {
    const [path = "", anchor] = target.split("#");
    return !existsSync(path) || (anchor !== undefined && !anchorsOf(path).includes(anchor));
  });
  expect(broken).toEqual([]);
});

test("[RM9] the index names every page of the documentation", () => {
  const named = targetsOf("docs/README.md").map((target) => target.split("#")[0]);
  const others = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
  expect(others.filter((page) => !named.includes(page))).toEqual([]);
});
