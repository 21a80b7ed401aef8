/**
 * Runs the model, or plays one run of it again:
 *
 *     bun run test/model/seeds.ts [--runs 1000] [--seed 1] [--path 0:1:2] [--quick] [--late]
 *
 * Ends with 1 and prints the smallest run that breaks a rule, if there is one; `--quick` prints the first, as it is;
 * `--late` is over parts that answer later.
 */
import { parseArgs } from "node:util";
import { checkModel } from "./check.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000" },
    seed: { type: "string" },
    path: { type: "string" },
    quick: { type: "boolean", default: false },
    late: { type: "boolean", default: false },
  },
});

const failure = await checkModel({
  runs: Number(values.runs),
  seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)),
  isQuick: values.quick,
  isLate: values.late,
  ...(values.path !== undefined && { path: values.path }),
});
console.log(failure ?? `${values.runs} runs, and every rule holds.`);
process.exit(failure === null ? 0 : 1);
