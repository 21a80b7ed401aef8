import { profiles } from "../../src/config/profiles.ts";
import { isObject } from "../../src/core/object.ts";
import { everyOption } from "../config/support.ts";

/** Where the reference of options is. */
export const referencePath = `${import.meta.dir}/../../docs/reference/options.md`;

const introduction = `# Options

Every option with its default and meaning, generated from the schema of the configuration. \`channel.namespaces[]\` has the
options of \`channel.without_namespace\`, and a name. A duration is a text such as \`"25s"\` or \`"1h30m"\`. The variable of an
option is \`CHORUS_\` and its path in capitals, joined by \`_\`. Where the development profile, which runs without a file, has
another value, it stands in brackets.
`;

/** The reference as Markdown: a table for each section, in the order of the schema. */
export function optionsReference(): string {
  const sections = new Map<string, string[]>();
  for (const { path, option } of everyOption()) {
    const [section = ""] = path.split(".");
    if (path.startsWith("channel.namespaces[0].") && !path.endsWith(".name")) continue;
    const unit = option.notes.kind === "number" && option.notes.unit ? ` ${option.notes.unit}` : "";
    const fallback = option.notes.derived ?? `\`${JSON.stringify(option.fallback ?? null)}\`${unit}`;
    const own = developmentValue(path.split("."));
    const development = own === undefined ? "" : ` (\`${JSON.stringify(own)}\`)`;
    const isRequired = option.fallback === undefined;
    const cells = [`\`${path.replace("[0]", "[]")}\``, isRequired ? "required" : fallback + development, option.doc];
    sections.set(section, [...(sections.get(section) ?? []), `| ${cells.map(escaped).join(" | ")} |`]);
  }
  const tables = [...sections].map(
    ([section, rows]) => `\n## ${section}\n\n| option | default | meaning |\n| --- | --- | --- |\n${rows.join("\n")}\n`,
  );
  return introduction + tables.join("");
}

function developmentValue(path: readonly string[]): unknown {
  return path.reduce<unknown>((place, key) => (isObject(place) ? place[key] : undefined), profiles.development);
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}

if (import.meta.main) await Bun.write(referencePath, optionsReference());
