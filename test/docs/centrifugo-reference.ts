import defaults from "../../src/config/centrifugo-defaults.json" with { type: "json" };
import { listOptions } from "../../src/config/option-list.ts";
import { isObject } from "../../src/core/object.ts";

/** Where the reference of Centrifugo's options is. */
export const referencePath = `${import.meta.dir}/../../docs/reference/centrifugo.md`;

const introduction = `# Centrifugo's options

Options of Centrifugo 6.9 that have no effect here. All others are supported, with the same name, meaning and format, and
defaults that differ are named in [Options](options.md). A file that sets one of these to something other than its default is
told so in one warning; where going on would be unsafe (a hook that would not be asked, traffic that would not be encrypted),
the server does not start and says why.
`;

/** The reference as Markdown: for each section what is not covered. */
export function centrifugoReference(): string {
  const own = new Set(listOptions().map(({ path }) => path.join(".")));
  const rows = Object.entries(defaults).map(([section, value]) => {
    const missing = missingIn(value, section, own);
    return missing.length === 0 ? "" : `| \`${section}\` | ${missing.map((path) => `\`${path}\``).join(", ")} |\n`;
  });
  return `${introduction}\n| section | without effect |\n| --- | --- |\n${rows.join("")}`;
}

/** What has no option of ours; `.*` stands for everything in a part. */
function missingIn(value: unknown, path: string, own: ReadonlySet<string>): string[] {
  if (own.has(path)) return [];
  const isPart = isObject(value) && Object.keys(value).length > 0;
  if (!isPart) return [path];
  const isForeign = [...own].every((option) => !option.startsWith(`${path}.`));
  if (isForeign) return [`${path}.*`];
  return Object.entries(value).flatMap(([name, inner]) => missingIn(inner, `${path}.${name}`, own));
}

if (import.meta.main) await Bun.write(referencePath, centrifugoReference());
