import { parseArgs } from "node:util";
import { SeededRandom } from "../support/random.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { fuzz } from "./fuzzing.ts";
import { fuzzTransports, startFuzzedServer } from "./transport-fuzzing.ts";

/**
 * The long runs, with `--seed` to play one again:
 *
 *     bun run test/security/fuzz.ts --seconds 600     damaged conversations over WebSocket
 *     bun run test/security/fuzz.ts --frames 1000000  damaged Protobuf frames and bodies of streams
 */
const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, frames: { type: "string" }, seed: { type: "string" } },
});
const { seed } = new SeededRandom(values.seed === undefined ? undefined : Number(values.seed));
const started = performance.now();
await using server = values.frames === undefined ? await startTestServer() : await startFuzzedServer();
const report = values.frames === undefined ? await conversations(server) : await transports(server, values.frames);
const errors = server.log.lines.filter(({ level }) => level === "error");
const failures = (await server.metric("chorus_errors_total")) + (await server.metric("chorus_actor_crashes_total"));

console.log(`seed ${seed}: ${report} in ${Math.round((performance.now() - started) / 1_000)} s`);
console.log(`errors ${failures}, error lines ${errors.length}`);
for (const line of errors.slice(0, 20)) console.log(JSON.stringify(line));
process.exitCode = failures + errors.length === 0 ? 0 : 1;

async function conversations(target: TestServer): Promise<string> {
  const { assaults, closes, statuses } = await fuzz(target, seed, { until: started + Number(values.seconds) * 1_000 });
  console.log("closes", Object.fromEntries(closes), "answers", Object.fromEntries(statuses));
  return `${assaults} assaults`;
}

async function transports(target: TestServer, frames: string): Promise<string> {
  const { sent, statuses } = await fuzzTransports(target, seed, Number(frames));
  console.log("answers", Object.fromEntries(statuses));
  return `${sent.frames} frames, ${sent.openings} openings of streams, ${sent.bodies} bodies`;
}
