import type { Profile } from "../profile.ts";
import type { Results } from "../report/results.ts";
import type { Terminal } from "../report/terminal.ts";
import type { EntrantOptions } from "../servers/entrants.ts";

/** What every experiment is given. */
export interface Bench {
  readonly profile: Profile;
  readonly terminal: Terminal;
  readonly results: Results;
  /** Peers that take part; null is all. Bare Bun and Chorus always do. */
  readonly peers: readonly string[] | null;
  readonly servers: EntrantOptions;
}

/** One part of the suite. */
export interface Experiment {
  readonly name: string;
  readonly about: string;
  run(bench: Bench): Promise<void>;
}
