import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { scrape } from "../support/scrape.ts";
import { sharedServer } from "../support/shared-server.ts";

const folder = join(import.meta.dir, "..", "..", "deploy", "monitoring");
const server = sharedServer();

interface Panel {
  readonly title: string;
  readonly gridPos: unknown;
  readonly targets: readonly { readonly expr: string }[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string };
}

/** The names of our metrics in an expression, as the scrape declares them. */
function metricsIn(expression: string): string[] {
  const names = expression.match(/\b(?:chorus|process)_[a-z_]+/g) ?? [];
  return names.map((name) => name.replace(/_(?:bucket|sum|count)$/, ""));
}

/** The metrics that a scrape declares. */
async function declared(): Promise<Set<string>> {
  const text = await scrape(server().url);
  return new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = ""]) => name));
}

describe("the files for monitoring", () => {
  test("[MM1] every metric of the dashboard exists, and every panel has one", async () => {
    const dashboard = await Bun.file(join(folder, "grafana-dashboard.json")).json();
    const known = await declared();
    for (const { title, targets, gridPos } of dashboard.panels as readonly Panel[]) {
      const names = targets.flatMap(({ expr }) => metricsIn(expr));
      expect([title, names.length > 0, gridPos]).toEqual([title, true, expect.anything()]);
      expect([title, names.filter((name) => !known.has(name))]).toEqual([title, []]);
    }
    const places = dashboard.panels.map(({ gridPos }: Panel) => JSON.stringify(gridPos));
    expect(new Set(places).size).toBe(places.length);
  });

  test("[MM1] every metric of the alert rules exists, and every rule says what to look at", async () => {
    const rules = Bun.YAML.parse(await Bun.file(join(folder, "alerts.yml")).text()) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    };
    const known = await declared();
    const all = rules.groups.flatMap((group) => group.rules);
    expect(all.length).toBeGreaterThan(5);
    for (const { alert, expr, annotations } of all) {
      const names = metricsIn(expr);
      expect([alert, names.length > 0 || expr.startsWith("up{")]).toEqual([alert, true]);
      expect([alert, names.filter((name) => !known.has(name))]).toEqual([alert, []]);
      expect(annotations.summary).toContain("{{ $labels.instance }}");
    }
    expect(new Set(all.map(({ alert }) => alert)).size).toBe(all.length);
  });
});
