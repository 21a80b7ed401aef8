import fc from "fast-check";
import { play } from "./run.ts";
import { latePlan, type Plan, plan } from "./steps.ts";

/** Which runs of the model are made. */
export interface CheckOptions {
  readonly runs: number;
  readonly seed: number;
  /** Of a run that failed: it alone is played again, as small as it was made. */
  readonly path?: string;
  /** The first run that fails is enough; it is not made smaller. */
  readonly isQuick?: boolean;
  /** The broker, presence and queue answer later. */
  readonly isLate?: boolean;
}

/** Makes runs of the model; null where every rule held in all of them, or what broke, and how to see it again. */
export async function checkModel({
  runs,
  seed,
  path,
  isQuick = false,
  isLate = false,
}: CheckOptions): Promise<string | null> {
  const details = await fc.check(fc.asyncProperty(isLate ? latePlan : plan, play), {
    seed,
    numRuns: runs,
    endOnFailure: isQuick,
    ...(path !== undefined && { path }),
  });
  if (!details.failed) return null;
  const [counterexample] = details.counterexample ?? [];
  return [
    `Run ${details.numRuns} of seed ${seed} broke a rule: ${reasonOf(details.errorInstance)}`,
    ...(counterexample ? describe(counterexample) : []),
    `bun run test/model/seeds.ts --seed ${seed} --path ${details.counterexamplePath ?? ""}${isLate ? " --late" : ""}`,
  ].join("\n");
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function describe({ world, steps }: Plan): string[] {
  return [JSON.stringify(world), ...steps.map((step) => `  ${JSON.stringify(step)}`)];
}
