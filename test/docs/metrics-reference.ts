import { scrape } from "../support/scrape.ts";
import { startTestServer } from "../support/server.ts";

/** Where the reference of metrics is. */
export const referencePath = `${import.meta.dir}/../../docs/reference/metrics.md`;

const introduction = `# Metrics

What \`/metrics\` shows, in the text format of Prometheus. Alert rules and a Grafana dashboard that use them are in
\`deploy/monitoring/\`. No label holds a name that a client chooses; namespaces are bounded, the rest count as \`other\`.
`;

/** The reference as Markdown, from the help lines of a running server. */
export async function metricsReference(): Promise<string> {
  await using server = await startTestServer({});
  const text = await scrape(server.url);
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)$/gm)]
    .map(([, name = "", help = ""]) => `| \`${name}\` | ${types.get(name) ?? ""} | ${help.replaceAll("|", "\\|")} |`)
    .sort();
  return `${introduction}\n| metric | type | meaning |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
}

if (import.meta.main) await Bun.write(referencePath, await metricsReference());
