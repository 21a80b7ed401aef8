import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

test("[SU112] [F07] damage found in a running server costs what was kept, and everyone who keeps a place is told at once", async () => {
  await using folder = await TemporaryFolder.create();
  const first = await startOpenServer({ engine: folder.engine });
  using before = await CentrifugeProbe.connect(first.ws);
  await before.ask("publish", { channel: "damaged", data: 1 });
  await first.stop();
  const db = new Database(folder.engine.sqlite.path);
  db.run("DELETE FROM publications");
  db.close();

  await using server = await startOpenServer({ engine: folder.engine });
  using placed = await CentrifugeProbe.connect(server.ws);
  using given = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann", channels: ["sound"] }) });
  using reader = await CentrifugeProbe.connect(server.ws);
  const { epoch = null } = await placed.subscribe("sound");
  await reader.ask("publish", { channel: "sound", data: 1 });
  await Promise.all([placed.take(1), given.take(1)]);
  const history = await reader.ask("history", { channel: "damaged", limit: 10 });
  expect(history["history"]).toMatchObject({ publications: [], offset: 0 });
  const unsubscribe = { code: 2500, reason: "insufficient state" };
  expect(await placed.take(1)).toEqual([{ push: { channel: "sound", unsubscribe } }]);
  expect(await given.closed()).toEqual({ code: 3010, reason: "insufficient state" });
  const again = await placed.subscribe("sound", { recover: true, offset: 1, epoch });
  expect(again).toMatchObject({ was_recovering: true, epoch: expect.not.stringMatching(String(epoch)) });
  expect(again).not.toHaveProperty("recovered");
  reader.send({ id: 9, publish: { channel: "sound", data: 2 } });
  expect(await placed.take(1)).toMatchObject([{ push: { pub: { data: 2, offset: 1 } } }]);
  await server.log.next("broker.file_damaged");
  expect((await readdir(folder.path)).filter((name) => /\.damaged-.*Z$/.test(name)).length).toBe(1);
});
