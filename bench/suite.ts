import { known, usual, whole } from "./experiments/catalogue.ts";
import type { Bench, Experiment } from "./experiments/experiment.ts";
import { findGo } from "./measure/go.ts";
import { readMachine } from "./measure/machine.ts";
import type { SuiteOptions } from "./options.ts";
import { profileOf } from "./profile.ts";
import { fanoutChart } from "./report/fanout-chart.ts";
import { bytes } from "./report/formats.ts";
import { Results } from "./report/results.ts";
import { Terminal } from "./report/terminal.ts";

/** Runs the suite and saves what it found; returns the exit code, 1 where something was lost or reordered. */
export async function runSuite(options: SuiteOptions): Promise<number> {
  const began = new Date();
  const terminal = new Terminal();
  const results = new Results();
  const chosenProfile = profileOf(options.profile, options.connectionsMax);
  const profile = { ...chosenProfile, rounds: options.rounds ?? chosenProfile.rounds };
  const machine = await readMachine(findGo());
  const { cpu, cores, memoryBytes, versions } = machine;
  terminal.line(`${cpu}, ${cores} cores, ${bytes(memoryBytes)}, Bun ${versions["bun"]}, Chorus ${versions["chorus"]}`);
  terminal.line(`profile ${profile.name}: ${profile.rounds} interleaved rounds of ${profile.roundMs} ms a row`);

  const servers = options.config === null ? {} : { config: options.config };
  const bench: Bench = { profile, terminal, results, peers: options.peers, servers };
  for (const experiment of chosen(options)) await experiment.run(bench);

  terminal.title("Saved");
  const chart = fanoutChart(results.rows);
  if (chart !== null) terminal.line(results.saveChart(chart));
  terminal.line(results.save({ machine, profile: profile.name, began, failures: terminal.failures }));
  return terminal.failures === 0 ? 0 : 1;
}

function chosen({ only, profile }: SuiteOptions): readonly Experiment[] {
  if (only === null) return profile === "full" ? whole : usual;
  return known.filter(({ name }) => only.includes(name));
}
