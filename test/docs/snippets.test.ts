import { expect, test } from "bun:test";
import { Glob } from "bun";
import { help } from "../../src/config/help.ts";
import { listOptions } from "../../src/config/option-list.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { variablesByName } from "../../src/config/variables.ts";

const pages = ["README.md", "SECURITY.md", ...new Glob("docs/**/*.md").scanSync()];
const texts = new Map(await Promise.all(pages.map(async (page) => [page, await Bun.file(page).text()] as const)));
const sections = new Set(listOptions().map(({ path }) => path[0]));

/** Blocks of JSON whose members are sections of the configuration; others are answers. */
const configs = [...texts].flatMap(([page, text]) =>
  [...text.matchAll(/```json\n([\s\S]*?)```/g)]
    .map(([, json = ""]) => JSON.parse(json))
    .filter((value) => Object.keys(value).every((name) => sections.has(name)))
    .map((value) => [page, value] as const),
);

test("[RM10] every configuration that the documentation shows is valid", () => {
  expect(configs.length).toBeGreaterThan(8);
  for (const [page, config] of configs) {
    const parsed = parseConfig(config, "file");
    expect([page, parsed.ok ? [] : parsed.error]).toEqual([page, []]);
  }
});

test("[RM10] every sub-command and variable that the documentation names is one", () => {
  const variables = new Set([...variablesByName().keys()].map((name) => `CHORUS_${name}`));
  const known = (variable: string) =>
    variables.has(variable) || /^CHORUS_(?:TEST_|PORT|SERVICE_|CONFIG$)/.test(variable) || variable.endsWith("_");
  for (const [page, text] of texts) {
    const named = [...text.matchAll(/\bCHORUS_[A-Z0-9_]*/g)].map(([name]) => name);
    expect([page, named.filter((name) => !known(name))]).toEqual([page, []]);
    const words = [...text.matchAll(/`chorus ([a-z-]+)/g)].map(([, word = ""]) => word);
    expect([page, words.filter((word) => !help.includes(`chorus ${word}`) && !help.includes(word))]).toEqual([
      page,
      [],
    ]);
  }
});
