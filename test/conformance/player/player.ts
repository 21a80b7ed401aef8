import type { Json, JsonObject } from "../../support/json.ts";
import { isSame } from "./compare.ts";
import { differs, type Recording, type Scenario } from "./recording.ts";
import { type Engine, Stage } from "./stage.ts";

/** What went otherwise than it was recorded. */
export interface Difference {
  /** What was done. */
  readonly step: string;
  readonly recorded: Json;
  readonly heard: Json;
}

/**
 * Plays one conversation against a server of its own, and tells the first difference. Nothing waits for silence: what
 * was recorded is waited for, and then each connection asks by a ping for what else there may be. Time moves only in
 * the steps that say so, by a clock that the server shares.
 */
export async function play(
  { name, config }: Recording,
  { id, steps }: Scenario,
  engine: Engine,
): Promise<Difference | null> {
  await using stage = await Stage.open(config, engine);
  for (const [index, step] of steps.entries()) {
    const heard = await stage.perform(step);
    if (differs[`${name}/${id}#${index + 1}`] || isSame(step.recv, heard)) continue;
    const { recv, ...did } = step;
    return { step: `${index + 1} ${JSON.stringify(did)}`, recorded: recv, heard };
  }
  const late = await stage.rest();
  const errors = stage.errors.length > 0 ? { errors: [...stage.errors] } : {};
  const rest: JsonObject = { ...late, ...errors };
  return Object.keys(rest).length > 0 ? { step: "after the last", recorded: {}, heard: rest } : null;
}
