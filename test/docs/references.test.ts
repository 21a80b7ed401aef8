import { expect, test } from "bun:test";
import { referencePath as codesPath, codesReference } from "./codes-reference.ts";
import { referencePath as metricsPath, metricsReference } from "./metrics-reference.ts";
import { referencePath as optionsPath, optionsReference } from "./options-reference.ts";

/** Without the padding of tables, which the formatter adds. */
function plain(markdown: string): string {
  return markdown.replace(/ +/g, " ").replace(/-{3,}/g, "---");
}

test.each([
  ["options", optionsPath, optionsReference],
  ["codes", codesPath, codesReference],
  ["metrics", metricsPath, metricsReference],
] as const)(
  "the reference of %s is generated: `bun run test/docs/%s-reference.ts` writes it",
  async (_, path, make) => {
    expect(plain(await Bun.file(path).text())).toBe(plain(await make()));
  },
);
