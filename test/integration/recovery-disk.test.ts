import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Store } from "../../src/broker/local/store.ts";
import { StockClient } from "../conformance/stock/stock-client.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { copyAsCrashed } from "../support/crash-copy.ts";
import { failingDisk } from "../support/failing-disk.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { tellUser } from "../support/tell.ts";

setDefaultTimeout(testTimeout);

const internal = { code: 100, message: "internal server error", temporary: true };
const crashed = { code: 3004, reason: "internal server error" };

/** A server on a real file, whose disk takes nothing while it is told to. */
async function start(folder: TemporaryFolder, config: object = {}) {
  let fail: (isFailing: boolean) => void = () => {};
  const store = (real: Store) => {
    const disk = failingDisk(real);
    fail = disk.fail;
    return disk.store;
  };
  const server = await startOpenServer({ engine: folder.engine, ...config }, { replace: { store } });
  return { ...server, fail: (isFailing: boolean) => fail(isFailing) };
}

test("[EP7] [F05] a disk that takes nothing refuses with 100 and delivers nothing; reads go on, and it heals by itself", async () => {
  await using folder = await TemporaryFolder.create();
  await using server = await start(folder);
  using listener = await CentrifugeProbe.connect(server.ws);
  using speaker = await CentrifugeProbe.connect(server.ws);
  const { epoch } = await listener.subscribe("a");
  const publishing = { publish: { channel: "a", data: "said" } };
  expect(await speaker.ask("publish", { channel: "a", data: "before" })).toEqual({ id: 2, publish: {} });
  await listener.take(1);
  server.fail(true);
  speaker.send({ id: 3, ...publishing }, { id: 4, ...publishing }, { id: 5, presence_stats: { channel: "a" } });
  expect((await speaker.take(3)).slice(0, 2)).toEqual([
    { id: 3, error: internal },
    { id: 4, error: internal },
  ]);
  using late = await CentrifugeProbe.connect(server.ws);
  const position = { recover: true, offset: 0, epoch: String(epoch) };
  expect(await late.subscribe("a", position)).toMatchObject({ recovered: true, publications: [{ data: "before" }] });
  expect(await listener.rest()).toEqual([]);
  server.fail(false);
  speaker.send({ id: 6, ...publishing });
  expect(await speaker.take(1)).toEqual([{ id: 6, publish: {} }]);
  expect(await listener.rest()).toMatchObject([{ push: { pub: { data: "said", offset: 2 } } }]);
  await server.log.next("broker.store_healed");
  expect(await server.metric("chorus_store_commits_failed_total")).toBe(1);
  expect(await server.metric("chorus_store_commits_total")).toBe(2);
  expect(await server.metric("chorus_store_committed_total")).toBe(2);
});

test("[SU113] [F05] where a stream can neither be read nor begun its channel is error 100, the rest goes on", async () => {
  await using folder = await TemporaryFolder.create();
  await using server = await start(folder, {
    channel: {
      namespaces: [{ name: "plain", ...everything, history_size: 0, history_ttl: "0s", force_recovery: false }],
    },
  });
  using probe = await CentrifugeProbe.connect(server.ws);
  await probe.subscribe("known");
  server.fail(true);
  for (const asked of [{}, { recover: true }, { recover: true, offset: 3, epoch: "elsewhen", flag: 2 }]) {
    expect(await probe.ask("subscribe", { channel: "new", ...asked })).toMatchObject({ error: internal });
  }
  expect(await probe.ask("history", { channel: "new" })).toMatchObject({ error: internal });
  // Nothing is left of it: it is neither present nor does it hear, and the channel can be asked for again.
  expect(server.node.subscribers.get("new")).toBeUndefined();
  expect(await probe.ask("presence_stats", { channel: "new" })).toMatchObject({ presence_stats: { num_clients: 0 } });
  // What is in the file, and what needs no file, is there as ever.
  using other = await CentrifugeProbe.connect(server.ws);
  expect(await other.subscribe("known")).toMatchObject({ recoverable: true, epoch: expect.any(String) });
  expect(await other.subscribe("plain:a")).toEqual({});
  server.fail(false);
  const { epoch } = await probe.subscribe("new");
  // A process that is killed at this moment leaves this file behind: nothing was published, and the epoch is gone.
  const copy = join(folder.engine.sqlite.path, "..", "killed.db");
  copyAsCrashed(folder.engine.sqlite.path, copy);
  await using next = await startOpenServer({ engine: { type: "sqlite", sqlite: { path: copy } } });
  using back = await CentrifugeProbe.connect(next.ws);
  const again = await back.subscribe("new", { recover: true, epoch: String(epoch) });
  expect(again).toMatchObject({ positioned: true, was_recovering: true });
  expect([again["recovered"], again["epoch"] === epoch]).toEqual([undefined, false]);
});

test("[F05] a channel that the server has to give and cannot ends the connection with 3004, and nobody hears of it", async () => {
  await using folder = await TemporaryFolder.create();
  await using server = await start(folder);
  using watcher = await CentrifugeProbe.connect(server.ws);
  await watcher.subscribe("known", { join_leave: true });
  await watcher.take(1);
  server.fail(true);
  const token = tokenFor({ sub: "ann", channels: ["known", "new"] });
  using probe = await CentrifugeProbe.open(server.ws);
  probe.send({ id: 1, connect: { token } });
  expect(await probe.closed()).toEqual(crashed);
  expect(await probe.rest()).toEqual([]);
  using given = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ben" }) });
  const request = { channel: "new", expireAt: null, since: null };
  tellUser(server, "ben", { type: "hub.subscribe", request });
  expect(await given.closed()).toEqual(crashed);
  expect(await watcher.rest()).toEqual([]);
  expect(server.node.counters.crashes).toBe(0);
  server.fail(false);
  using again = await CentrifugeProbe.open(server.ws);
  again.send({ id: 1, connect: { token } });
  expect(await again.next()).toMatchObject({ connect: { subs: { known: {}, new: { recoverable: true } } } });
});

test("[F05] the stock client comes by itself to a channel that could not be begun, once there is room", async () => {
  await using folder = await TemporaryFolder.create();
  await using server = await start(folder);
  server.fail(true);
  using client = await new StockClient(server.ws).connect();
  client.subscription("new", { maxResubscribeDelay: 5 }).subscribe();
  expect(await client.until("new", "error")).toMatchObject({ error: { code: 100, temporary: true } });
  server.fail(false);
  expect(await client.until("new", "subscribed")).toMatchObject({ recoverable: true, recovered: false });
  await client.api.publish("new", 1);
  expect(await client.until("new", "publication")).toMatchObject({ data: 1, offset: 1 });
});
