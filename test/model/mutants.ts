/**
 * Breaks the server, one named line at a time, in a copy of the tree, and shows that the model finds each of them:
 *
 *     bun run test/model/mutants.ts [--runs 1000] [--seed 1] [--only NAME]
 *
 * Prints a table, and ends with 1 where a broken line was not found within so many runs.
 */
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Mutant, mutants } from "./mutant-list.ts";

const repository = join(import.meta.dir, "../..");
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});

/** Runs the model in a tree; the number of the first run that failed with what broke, or null. */
async function firstFailure(tree: string): Promise<string | null> {
  const command = ["bun", "run", "test/model/seeds.ts", "--quick", "--runs", values.runs, "--seed", values.seed];
  const process = Bun.spawn(command, { cwd: tree, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
    process.exited,
  ]);
  if (process.exitCode === 0) return null;
  const [, run, reason] = /^Run (\d+) of seed \d+ broke a rule: (.*)$/m.exec(stdout) ?? [];
  return run === undefined ? `the process failed: ${stderr.trim()}` : `run ${run}: ${reason}`;
}

async function withTree<T>(work: (tree: string) => Promise<T>): Promise<T> {
  const tree = await mkdtemp(join(tmpdir(), "chorus-mutants-"));
  try {
    for (const part of ["src", "actors", "test", "package.json", "tsconfig.json"]) {
      await cp(join(repository, part), join(tree, part), { recursive: true });
    }
    await symlink(join(repository, "node_modules"), join(tree, "node_modules"));
    return await work(tree);
  } finally {
    await rm(tree, { recursive: true });
  }
}

async function broken(tree: string, { file, find, by }: Mutant): Promise<string | null> {
  const path = join(tree, file);
  const whole = await Bun.file(path).text();
  if (whole.split(find).length !== 2) throw new Error(`${file} does not hold this once: ${find}`);
  await Bun.write(
    path,
    whole.replace(find, () => by),
  );
  try {
    return await firstFailure(tree);
  } finally {
    await Bun.write(path, whole);
  }
}

const survivors = await withTree(async (tree) => {
  const unbroken = values.only === undefined ? await firstFailure(tree) : null;
  if (unbroken !== null) throw new Error(`The server fails unbroken. ${unbroken}`);
  let count = 0;
  for (const mutant of mutants) {
    if (values.only !== undefined && values.only !== mutant.name) continue;
    const found = await broken(tree, mutant);
    if (found === null) count += 1;
    console.log(`${mutant.name.padEnd(44)} ${found ?? `not found in ${values.runs} runs`}`);
  }
  return count;
});
process.exit(survivors === 0 ? 0 : 1);
