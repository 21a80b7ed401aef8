import { expect, test } from "bun:test";
import { optionsReference, referencePath } from "./options-reference.ts";

/** Without the padding of tables, which the formatter adds. */
function plain(markdown: string): string {
  return markdown.replace(/ +/g, " ").replace(/-{3,}/g, "---");
}

test("the reference of options is that of the schema: bun run test/docs/options-reference.ts writes it anew", async () => {
  expect(plain(await Bun.file(referencePath).text())).toBe(plain(optionsReference()));
});
