import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../src/config/load.ts";
import { variablesByName } from "../../src/config/variables.ts";
import { skipping } from "../support/skipping.ts";

const path = `${import.meta.dir}/../../deploy/kubernetes/chorus.yaml`;

interface Manifest {
  readonly kind: string;
  readonly data?: { readonly "config.json": string };
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly template?: { readonly spec: { readonly containers: readonly Container[] } };
  };
}

interface Container {
  readonly env: readonly { readonly name: string }[];
  readonly readinessProbe: { readonly httpGet: { readonly path: string } };
}

const text = await Bun.file(path).text();
const manifests = Bun.YAML.parse(text) as readonly Manifest[];
const find = (kind: string) => manifests.find((manifest) => manifest.kind === kind);

/** `.ci/run` takes it from the package of this name of PyPI, which brings the schemas along. */
const validator = process.env["CHORUS_TEST_KUBERNETES_VALIDATE"] ?? "";

describe("the manifests for Kubernetes", () => {
  test("they configure a node on Redis by options that exist, without a warning of its own", () => {
    const variables = { ...find("Secret")?.stringData };
    const [container] = find("Deployment")?.spec?.template?.spec.containers ?? [];
    const known = new Set([...variablesByName().keys()].map((name) => `CHORUS_${name}`));
    const named = [...Object.keys(variables), ...(container?.env ?? []).map(({ name }) => name)];
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    const loaded = loadConfig({
      argv: ["--config", "/etc/chorus/config.json"],
      env: { ...variables, CHORUS_NODE_NAME: "chorus-1", CHORUS_HTTP_SERVER_ADDRESS: "0.0.0.0" },
      cwd: "/",
      readFile: () => find("ConfigMap")?.data?.["config.json"] ?? null,
    });
    expect(loaded).toMatchObject({ kind: "run", config: { engine: { type: "redis" } } });
    expect(container?.readinessProbe.httpGet.path).toBe("/readyz");
    expect(find("PodDisruptionBudget")).toBeDefined();
  });

  test.skipIf(validator === "")(
    `they are what the schemas of Kubernetes say${skipping(validator === "" ? "CHORUS_TEST_KUBERNETES_VALIDATE names no kubernetes-validate" : null)}`,
    () => {
      const { exitCode, stdout, stderr } = Bun.spawnSync([validator, "--strict", path]);
      expect([exitCode, `${stdout}${stderr}`]).toEqual([0, expect.not.stringContaining("ERROR")]);
    },
  );
});
