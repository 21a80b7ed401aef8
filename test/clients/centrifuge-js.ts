/**
 * Runs the test suite of the repository `centrifuge-js` against Chorus, with that repository's own configuration:
 *
 *     bun run test/clients/centrifuge-js.ts CHECKOUT [--maps] [--server BINARY] [--node BINARY] [-- JEST OPTIONS]
 *
 * CHECKOUT is a working tree with its development dependencies installed. Tests of map subscriptions and of shared poll
 * are left out without `--maps`: one that fails leaves timers behind that fail a test of the next file. `--server` runs
 * the suite against another server that takes `--config=FILE`. The suite connects to port 8000 of localhost, which must
 * be free. Ends with 1 where a test fails.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ChorusProcess } from "../support/process.ts";

/** The address that the suite connects to. */
const place = { CHORUS_HTTP_SERVER_ADDRESS: "127.0.0.1", CHORUS_HTTP_SERVER_PORT: "8000" };
const configName = "centrifugo_test.json";

/** What jest tells of one test; `pending` is skipped. */
interface JestResult {
  readonly fullName: string;
  readonly status: "passed" | "failed" | "pending";
  readonly failureMessages: readonly string[];
}

interface JestReport {
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly JestResult[] }[];
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    maps: { type: "boolean", default: false },
    server: { type: "string" },
    node: { type: "string", default: "node" },
  },
});
const [folder, ...jestOptions] = positionals;
if (folder === undefined) throw new Error("Expected the folder of a working tree of centrifuge-js.");
const checkout = resolve(folder);
const jest = join(checkout, "node_modules", "jest", "bin", "jest.js");
const configFile = join(checkout, configName);
for (const path of [jest, configFile]) {
  if (!(await Bun.file(path).exists())) throw new Error(`There is no ${path}: npm install there first.`);
}

/** Tests of maps are in files of their own; those in `delta` and `recovery` have names that begin with "map". */
const withoutMaps = ["--testPathIgnorePatterns=/(?:map|shared_poll)[.]", "--testNamePattern=^(?!map[: ])"];

const report = values.server === undefined ? await besideChorus() : await beside(values.server);
process.exitCode = judge(report) ? 0 : 1;

async function besideChorus(): Promise<JestReport> {
  await using server = await ChorusProcess.spawn({ args: ["--config", configFile], env: place });
  console.log(`Chorus listens at ${await server.url()}.`);
  return await runSuite();
}

async function beside(binary: string): Promise<JestReport> {
  const env = { ...process.env, CENTRIFUGO_HTTP_SERVER_ADDRESS: "127.0.0.1", CENTRIFUGO_USAGE_STATS_DISABLED: "true" };
  const server = Bun.spawn([binary, `--config=${configFile}`], { env, stdio: ["ignore", "ignore", "ignore"] });
  try {
    while (server.exitCode === null && !(await isListening())) await Bun.sleep(50);
    return await runSuite();
  } finally {
    server.kill();
    await server.exited;
  }
}

function isListening(): Promise<boolean> {
  return fetch("http://127.0.0.1:8000/").then(
    () => true,
    () => false,
  );
}

async function runSuite(): Promise<JestReport> {
  const results = await mkdtemp(join(tmpdir(), "chorus-suite-"));
  const file = join(results, "report.json");
  try {
    const command = [values.node, jest, "--forceExit", "--json", `--outputFile=${file}`];
    if (!values.maps) command.push(...withoutMaps);
    command.push(...jestOptions);
    const suite = Bun.spawn(command, { cwd: checkout, stdio: ["ignore", "ignore", "pipe"] });
    const output = await new Response(suite.stderr).text();
    if (!(await Bun.file(file).exists())) throw new Error(`The suite made no report:\n${output.slice(-2_000)}`);
    return await Bun.file(file).json();
  } finally {
    await rm(results, { recursive: true });
  }
}

function isOfMaps(file: string, fullName: string): boolean {
  return /^(?:map|shared_poll)[.]/.test(file) || (/^(?:delta|recovery)[.]/.test(file) && fullName.startsWith("map"));
}

/** Prints how many passed, and what failed; returns whether none did. */
function judge({ testResults }: JestReport): boolean {
  const results = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((result) => ({ file: basename(name), ...result })),
  );
  const judged = results.filter(({ file, fullName }) => values.maps || !isOfMaps(file, fullName));
  for (const { file, fullName, failureMessages } of judged.filter(({ status }) => status === "failed")) {
    console.log(`${file}: ${fullName}\n  ${failureMessages[0]?.split("\n")[0] ?? ""}`);
  }
  const count = (wanted: JestResult["status"]) => judged.filter(({ status }) => status === wanted).length;
  console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("pending")} skipped`);
  return count("passed") > 0 && count("failed") === 0;
}
