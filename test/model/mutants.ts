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

interface Mutant {
  readonly name: string;
  readonly file: string;
  /** What is replaced: it stands in the file once. */
  readonly find: string;
  readonly by: string;
}

const broker = "src/broker/local/ordered-broker.ts";
const perform = "actors/connection/perform.ts";

const mutants: readonly Mutant[] = [
  {
    name: "delivered before it is committed",
    file: broker,
    find: "    store.commit();\n    return true;",
    by: "    for (const waiting of group.splice(0)) this.#settleOne(waiting);\n    store.commit();\n    return true;",
  },
  {
    name: "a failed commit is acknowledged",
    file: broker,
    find: "waiting.refused = !committed && this.#isGrouped(waiting.draft);",
    by: "waiting.refused = false;",
  },
  {
    name: "joined without the group that waits",
    file: broker,
    find: "    this.#settle(channel);\n    const joined = options",
    by: "    const joined = options",
  },
  {
    name: "an offset is given twice",
    file: "src/broker/local/memory.ts",
    find: "publicationOf(draft, stream.top + 1, stream.epoch)",
    by: "publicationOf(draft, Math.max(stream.top, 1), stream.epoch)",
  },
  {
    name: "recovered without proof",
    file: "src/broker/local/recovery.ts",
    find: "  if (offset + 1 < stream.first || missed > since.publicationsMax) return null;\n  return stream.read(offset + 1,",
    by: "  if (missed > since.publicationsMax) return null;\n  return stream.read(Math.max(offset + 1, stream.first),",
  },
  {
    name: "another epoch is believed",
    file: "src/broker/local/recovery.ts",
    find: 'return epoch === "" || epoch === stream.epoch;',
    by: "return epoch === epoch || stream.epoch === epoch;",
  },
  {
    name: "one publication less is kept",
    file: "src/broker/local/sqlite-store.ts",
    find: "offset - options.size + 1)",
    by: "offset - options.size + 2)",
  },
  {
    name: "attached after the join",
    file: perform,
    find: "        connection.socket.receiver?.attach(subscription);",
    by: "        setImmediate(() => connection.socket.receiver?.attach(subscription));",
  },
  {
    name: "publications before the reply to subscribe",
    file: "actors/connection/decide/subscribe.ts",
    find: '      return [attach, reply({ id, method: "subscribe", result }), ...entered(view, subscription)];',
    by: '      return [...entered(view, subscription), reply({ id, method: "subscribe", result }), attach];',
  },
  {
    name: "replies that overtake",
    file: "actors/connection/record.ts",
    find: "    if (number !== this.answered + 1) {",
    by: "    if (number < 0) {",
  },
  {
    name: "left and not detached",
    file: perform,
    find: "    connection.subscriptions.delete(channel);\n    connection.socket.receiver?.detach(channel);\n",
    by: "    connection.subscriptions.delete(channel);\n",
  },
  {
    name: "presence left behind",
    file: "src/presence/presence-events.ts",
    find: "if (visibility.presence) presence.leave(channel, info.client);",
    by: "",
  },
  {
    name: "subscribed without a right",
    file: "src/channels/permissions.ts",
    find: "asker.type !== typeStream || (!asker.token && !isOpen(channel, asker.user, insecure))",
    by: "asker.type !== typeStream",
  },
  {
    name: "a subscription outlives its token",
    file: "actors/connection/decide/expiry.ts",
    find: "const delay = earliest * 1000",
    by: "const delay = 60_000 + earliest * 1000",
  },
  {
    name: "a lost place is not told",
    file: "actors/connection/decide/expiry.ts",
    find: "const isLost = subscription?.stream && subscription.stream.epoch !== epoch;",
    by: "const isLost = subscription?.stream && subscription.stream.epoch === null;",
  },
];

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
