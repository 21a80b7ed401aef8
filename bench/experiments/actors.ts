import { join } from "node:path";
import { time } from "../report/formats.ts";
import type { Bench, Experiment } from "./experiment.ts";

/** What the process of the actors tells of each of its benches; nanoseconds. */
interface ActorFigures {
  readonly bench: string;
  readonly alive: number;
  readonly p50: number;
  readonly samples: readonly number[];
}

/** An actor among the most may cost this many times as much as among the fewest; what grows with them costs 50 times. */
const growthMax = 3;

/** What an actor costs, and that it costs the same among many. In a process of its own: fifty thousand live there. */
export const actors: Experiment = {
  name: "actors",
  about: "spawn, event and close of an actor at 1,000, 10,000 and 50,000 alive",
  async run(bench) {
    bench.terminal.title("Actors: one of the Hub's connections, among so many");
    const script = join(import.meta.dir, "../micro/actors.ts");
    const figures: ActorFigures[] = [];
    const child = Bun.spawn(["bun", script, ...bench.profile.actors.map(String)], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (message: ActorFigures) => {
        figures.push(message);
      },
    });
    if ((await child.exited) !== 0) bench.terminal.fail("the bench of the actors ended with an error");
    else report(bench, figures);
  },
};

function report({ terminal, results }: Bench, figures: readonly ActorFigures[]): void {
  const head = ["", "alive", "median", "growth"];
  const rows: string[][] = [];
  for (const { bench, alive, p50, samples } of figures) {
    const fewest = figures.find((other) => other.bench === bench)?.samples ?? samples;
    // The fastest of each: whatever else the machine does makes a sample slower, and none faster.
    const growth = Math.min(...samples) / Math.min(...fewest);
    const name = bench.replace(", $alive alive", "");
    rows.push([name, String(alive), time(p50), growth.toFixed(2)]);
    if (growth > growthMax) terminal.fail(`${name}: ${growth.toFixed(1)} times as much among ${alive}`);
  }
  const caption = "growth: of the fastest among the fewest";
  terminal.table(caption, head, rows);
  results.addFinding({ experiment: "actors", caption, head, rows, raw: figures });
}
