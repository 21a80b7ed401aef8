import { expect, test } from "bun:test";
import { Glob } from "bun";
import { parseConfig } from "../../src/config/parse.ts";
import { optionsSchema } from "../../src/config/schema.ts";

const sections = new Set(Object.keys(optionsSchema.entries));

/** The blocks of a page that hold a configuration: other JSON has other names at its top. */
function configurations(page: string): Record<string, unknown>[] {
  return [...page.matchAll(/```json\n([\s\S]*?)```/g)]
    .map(([, text = ""]): unknown => JSON.parse(text))
    .filter((value): value is Record<string, unknown> => typeof value === "object" && value !== null)
    .filter((value) => Object.keys(value).every((name) => sections.has(name)));
}

test.each([...new Glob("docs/**/*.md").scanSync()].sort())("every configuration in %s is valid", async (path) => {
  for (const tree of configurations(await Bun.file(path).text())) {
    const parsed = parseConfig(tree, "file");
    expect(parsed.ok ? [] : parsed.error).toEqual([]);
  }
});
