import type { Experiment } from "./experiment.ts";
import { fanout } from "./fanout.ts";
import { stores } from "./stores.ts";

/** Run without being asked for. */
export const usual: readonly Experiment[] = [fanout, stores];

/** Run when asked for. */
export const special: readonly Experiment[] = [];

/** What `--only` knows. */
export const experimentNames: readonly string[] = [...usual, ...special].map(({ name }) => name);
