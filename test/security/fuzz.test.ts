import { expect, setDefaultTimeout, test } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { runs } from "../support/runs.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { fuzz } from "./fuzzing.ts";
import { fuzzTransports, startFuzzedServer } from "./transport-fuzzing.ts";

setDefaultTimeout(10 * testTimeout);

/** About ten seconds on two cores for 200 runs; `bun run test/security/fuzz.ts --seconds 600` goes on for longer. */
const assaults = 80 * runs;

test("[SE18] [T65] no damaged conversation harms the process, the others, or the log", async () => {
  const { seed } = new SeededRandom();
  await using server = await startTestServer();
  const { closes } = await fuzz(server, seed, { assaults });
  // The damage has reached what it is meant for: the runtime's own refusals, and those of the protocols.
  for (const code of ["1002", "1007", "3500", "3501", "client"]) expect(closes.get(code) ?? 0).toBeGreaterThan(0);
  await expectUnharmed(server);
});

test("[SE18] no damaged Protobuf frame, first frame of a stream or body of /emulation does either", async () => {
  const { seed } = new SeededRandom();
  await using server = await startFuzzedServer();
  const { statuses } = await fuzzTransports(server, seed, 60 * runs);
  for (const status of [200, 204, 400]) expect(statuses.get(status) ?? 0).toBeGreaterThan(0);
  await expectUnharmed(server);
});

/** Nothing threw, nothing in the log can be mistaken for another line, and nothing is left behind. */
async function expectUnharmed(server: TestServer): Promise<void> {
  expect(server.log.lines.filter(({ level }) => level === "error").slice(0, 3)).toEqual([]);
  expect(await server.metric("chorus_errors_total")).toBe(0);
  expect(await server.metric("chorus_actor_crashes_total")).toBe(0);
  for (const line of server.log.text) expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
  await server.stop();
  expect(server.node.deadlines.size).toBe(0);
  expect(server.node.subscribers.size).toBe(0);
}
