import { join } from "node:path";
import type { Experiment } from "./experiment.ts";

/** What an actor costs, and that it costs the same among many. In a process of its own: fifty thousand live there. */
export const actors: Experiment = {
  name: "actors",
  about: "spawn, event and close of an actor at 1,000, 10,000 and 50,000 alive",
  async run({ terminal, profile }) {
    terminal.title("Actors: one of the Hub's connections, among so many");
    const script = join(import.meta.dir, "../micro/actors.ts");
    const bench = Bun.spawn(["bun", script, ...profile.actors.map(String)], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    if ((await bench.exited) !== 0) terminal.fail("the bench of the actors ended with an error");
  },
};
