import { parseArgs } from "node:util";
import { SeededRandom } from "../support/random.ts";
import { startTestServer } from "../support/server.ts";
import { fuzz } from "./fuzzing.ts";

/** The long run: `bun run test/security/fuzz.ts --seconds 600`, and `--seed` to play one again. */
const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" }, seed: { type: "string" } } });
const { seed } = new SeededRandom(values.seed === undefined ? undefined : Number(values.seed));
await using server = await startTestServer();
const started = performance.now();
const report = await fuzz(server, seed, { until: started + Number(values.seconds) * 1_000 });
const errors = server.log.lines.filter(({ level }) => level === "error");
const failures = (await server.metric("chorus_errors_total")) + (await server.metric("chorus_actor_crashes_total"));

console.log(`seed ${seed}: ${report.assaults} assaults in ${Math.round((performance.now() - started) / 1_000)} s`);
console.log("closes", Object.fromEntries(report.closes), "answers", Object.fromEntries(report.statuses));
console.log(`errors ${failures}, error lines ${errors.length}`);
for (const line of errors.slice(0, 20)) console.log(JSON.stringify(line));
process.exitCode = failures + errors.length === 0 ? 0 : 1;
