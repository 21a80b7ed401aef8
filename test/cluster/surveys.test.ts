import { afterAll, expect, test } from "bun:test";
import { answerTimeout } from "../../src/cluster/cluster.ts";
import { Nodes } from "../../src/cluster/nodes.ts";
import { Surveys } from "../../src/cluster/surveys.ts";
import type { PublishLogFilter } from "../../src/messages/search.ts";
import { createAllLogs } from "../../src/operations/all-logs.ts";
import { createAllNodes } from "../../src/operations/all-nodes.ts";
import { entryOf, freshFolder, openStore } from "../messages/fixture.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { ManualTimers } from "../support/timers.ts";
import { LocalBuses } from "./local-bus.ts";

const folder = freshFolder();
afterAll(folder.remove);

/** Three nodes, each with figures, channels and a publish log of its own. */
function threeNodes() {
  const timers = new ManualTimers();
  const buses = new LocalBuses(timers);
  const nodes = ["one", "two", "three"].map((uid, index) => {
    const { cluster, bus } = buses.join(uid);
    const figures = { clients: index + 1, users: 1, subscriptions: 2, channels: 2 };
    const info = { uid, name: uid, version: "1.0.0", ...figures, uptime: 0, process: { cpu: 0, rss: 1 } };
    const describe = () => ({ ...info });
    const registry = new Nodes({ cluster, clock: new ManualClock(), log: new CapturedLog().log, describe });
    const surveys = new Surveys(cluster, registry);
    const channels = new Map([
      ["shared", 1],
      [`of ${uid}`, 2],
    ]);
    const local = { node: () => info, channels: () => ({ ok: true, value: channels }) as const };
    const store = openStore(folder.file());
    return {
      bus,
      store,
      all: createAllNodes(local, surveys, null),
      readLogs: createAllLogs(store.log, uid, surveys),
    };
  });
  for (const { bus } of nodes) bus.connected();
  const [one, two, three] = nodes;
  if (!one || !two || !three) throw new Error();
  return { one, two, three, timers };
}

test("[ND4] info, counts and channels are those of all nodes", async () => {
  const { two } = threeNodes();
  const { value, missing } = await two.all.nodes();
  expect(value.map(({ name, clients }) => [name, clients])).toEqual([
    ["two", 2],
    ["one", 1],
    ["three", 3],
  ]);
  expect(missing).toEqual([]);
  expect(await two.all.counts()).toEqual({
    value: { clients: 6, users: 3, subscriptions: 6, channels: 6 },
    missing: [],
  });
  const found = await two.all.channels("", (name) => name !== "of three");
  const channels = new Map([
    ["shared", 3],
    ["of two", 2],
    ["of one", 2],
  ]);
  expect(found).toEqual({ ok: true, value: { value: channels, missing: [] } });
});

test("[ND4] a node that does not answer in time is named, and the others' answers are given", async () => {
  const { one, three, timers } = threeNodes();
  three.bus.isCut = true;
  const found = one.all.counts();
  // The other node's answer comes in this turn.
  await new Promise((resolve) => setImmediate(resolve));
  timers.advance(answerTimeout);
  expect(await found).toEqual({
    value: { clients: 3, users: 2, subscriptions: 4, channels: 4 },
    missing: [{ uid: "three", name: "three" }],
  });
});

test("[ND5] the publish logs of all nodes are read in pages, each entry once, newest first", async () => {
  const { one, two, three } = threeNodes();
  const logs = [one, two, three].map(({ store }) => store.log);
  for (let n = 0; n < 40; n++)
    logs[Math.floor(n / 14)]?.record({ ...entryOf(`c${n}`), time: Date.UTC(2030, 0, 1) + n });
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const filter: PublishLogFilter = { limit: 7, cursor };
    const page = await two.readLogs(filter);
    if (!page.ok) throw new Error(page.error.message);
    pages.push(page.value.entries.map(({ channel = "" }) => channel));
    cursor = page.value.cursor;
    // What comes in between is on no later page.
    logs[0]?.record({ ...entryOf("later"), time: Date.UTC(2031, 0, 1) });
  } while (cursor !== undefined && pages.length < 20);
  expect(pages.flat()).toEqual(Array.from({ length: 40 }, (_, n) => `c${39 - n}`));
  expect(pages.map(({ length }) => length)).toEqual([7, 7, 7, 7, 7, 5]);
});

test.each(["", "1", "~", "~AAAA", `~${Buffer.from("[1]").toString("base64url")}`])(
  "[ND5] %j is the cursor of no page of several nodes",
  async (cursor) => {
    const { one } = threeNodes();
    expect(await one.readLogs({ cursor })).toMatchObject({ ok: false, error: { code: 107 } });
  },
);
