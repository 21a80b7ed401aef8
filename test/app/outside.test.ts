import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disconnects } from "../../src/core/disconnects.ts";
import { type Network, systemNetwork } from "../../src/runtime/network.ts";
import { systemRandom } from "../../src/runtime/system.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { ManualTimers } from "../support/timers.ts";

setDefaultTimeout(testTimeout);

test("with timers from outside nothing happens by itself: no deadline, no commit of a group, no sweep", async () => {
  const folder = mkdtempSync(join(tmpdir(), "chorus-outside-"));
  const [clock, timers] = [new ManualClock(), new ManualTimers()];
  const engine = { type: "sqlite", sqlite: { path: join(folder, "chorus.db") } } as const;
  await using server = await startOpenServer({ engine }, { clock, timers });
  const pass = (milliseconds: number) => {
    clock.advance(milliseconds);
    timers.advance(milliseconds);
  };

  using speaker = await CentrifugeProbe.connect(server.ws);
  using silent = await CentrifugeProbe.open(server.ws);
  speaker.send(speaker.command("publish", { channel: "a", data: 1 }));
  using witness = await CentrifugeProbe.connect(server.ws);
  expect(await speaker.rest()).toEqual([]);
  timers.turn();
  expect(await speaker.next()).toMatchObject({ publish: {} });

  pass(9_950);
  await witness.fence();
  expect(server.node.registry.size).toBe(3);
  pass(100);
  expect(await silent.closed()).toEqual(disconnects.stale);

  const stopped = server.stop();
  for (let turn = 0; turn < 100; turn += 1) {
    pass(50);
    timers.turn();
    await Promise.resolve();
  }
  await stopped;
  expect(timers.size).toBe(0);
  rmSync(folder, { recursive: true });
});

test("listeners, their probe and ids come from outside", async () => {
  const seen: string[] = [];
  const network: Network = {
    ...systemNetwork,
    serve: (options) => {
      seen.push("serve");
      return systemNetwork.serve(options);
    },
    probe: (hostname, port) => {
      seen.push(`probe ${hostname}`);
      systemNetwork.probe(hostname, port);
    },
  };
  const id = "00000000-0000-4000-8000-000000000001";
  await using server = await startOpenServer({}, { network, random: { ...systemRandom, uuid: () => id } });
  expect(seen).toEqual(["probe 127.0.0.1", "serve"]);
  using probe = await CentrifugeProbe.connect(server.ws);
  expect(probe.client).toBe(id);
});
