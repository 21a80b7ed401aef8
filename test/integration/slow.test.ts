import { expect, setDefaultTimeout, test } from "bun:test";
import { Cable } from "../support/cable.ts";
import { CentrifugeProbe, isClosed } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { TemporaryFolder } from "../support/folder.ts";
import type { JsonObject } from "../support/json.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { pass } from "../support/passing.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";

setDefaultTimeout(testTimeout);

/** Big enough that a client which has stopped reading is found after few of them: the kernel takes some megabytes. */
const bulk = "x".repeat(60_000);

/** The number of a publication that begins with one. */
function numberOf(publication: JsonObject): number {
  return Number(String(publication["data"]).slice(0, 6));
}

/** The publications in something heard: recovered ones, or the one of a push. */
function publicationsOf(heard: JsonObject): JsonObject[] {
  const { subscribe, push } = heard as { subscribe?: { publications?: JsonObject[] }; push?: { pub?: JsonObject } };
  return [...(subscribe?.publications ?? []), ...(push?.pub ? [push.pub] : [])];
}

test.each(["memory", "sqlite"] as const)(
  "[SU170] [T58] who does not take what it is sent is closed with 3008, comes back and has every publication once (%s)",
  async (type) => {
    await using folder = await TemporaryFolder.create();
    await using server = await startOpenServer({
      engine: { ...folder.engine, type },
      client: { queue_max_size: 200_000, recovery_max_bytes: 64 * 1024 * 1024 },
      channel: { without_namespace: { ...everything, history_size: 1_000 } },
    });
    using speaker = await CentrifugeProbe.connect(server.ws);
    using bystander = await CentrifugeProbe.connect(server.ws);
    using slow = await CentrifugeProbe.connect(server.ws);
    const { epoch = null } = await bystander.subscribe("a");
    await slow.subscribe("a");
    slow.pause();
    let said = 0;
    const say = async () => {
      said += 1;
      await speaker.ask("publish", { channel: "a", data: `${String(said).padStart(6, "0")} ${bulk}` });
    };
    while (server.node.counters.slow === 0) await say();
    for (let more = 0; more < 5; more += 1) await say();
    slow.resume();

    const heard: number[] = [];
    for (let next = await slow.next(); ; next = await slow.next()) {
      if (isClosed(next)) {
        expect(next.closed).toEqual({ code: 3008, reason: "slow" });
        break;
      }
      heard.push(...publicationsOf(next).map(numberOf));
    }
    // What was queued came without a gap; the rest is recovered without a gap.
    using again = await CentrifugeProbe.connect(server.ws);
    again.send({ id: 2, subscribe: { channel: "a", recover: true, offset: heard.length, epoch } });
    const [reply] = await again.take(1);
    expect(reply).toMatchObject({ subscribe: { recovered: true } });
    if (reply && !isClosed(reply)) heard.push(...publicationsOf(reply).map(numberOf));
    await say();
    heard.push(...(await again.take(1)).flatMap((each) => (isClosed(each) ? [] : publicationsOf(each).map(numberOf))));
    const all = Array.from({ length: said }, (_, index) => index + 1);
    expect(heard).toEqual(all);
    const others = (await bystander.take(said)).flatMap((each) => (isClosed(each) ? [] : publicationsOf(each)));
    expect(others.map(numberOf)).toEqual(all);
    expect(server.node.counters.slow).toBe(1);
  },
);

test("[T58] who takes nothing for the stall time is slow too, however little is queued for it", async () => {
  const clock = new ManualClock();
  await using server = await startOpenServer(
    { client: { queue_max_size: 64 * 1024 * 1024, write_stall_timeout: "3s" } },
    { clock },
  );
  using speaker = await CentrifugeProbe.connect(server.ws);
  using slow = await CentrifugeProbe.connect(server.ws);
  await slow.subscribe("a");
  slow.pause();
  const stage = { node: server.node, clock };
  while (server.node.slow.size === 0) {
    await speaker.ask("publish", { channel: "a", data: bulk });
    await pass(stage, 100, speaker);
  }
  await pass(stage, 2_800, speaker);
  expect(server.node.counters.slow).toBe(0);
  await pass(stage, 300, speaker);
  expect(server.node.counters.slow).toBe(1);
  slow.resume();
  for (let next = await slow.next(); !isClosed(next); next = await slow.next());
});

test("[T58] who asks for much and does not read the answers is slow as well", async () => {
  const clock = new ManualClock();
  await using server = await startOpenServer({ client: { queue_max_size: 200_000 } }, { clock });
  using speaker = await CentrifugeProbe.connect(server.ws);
  for (let said = 0; said < 20; said += 1) await speaker.ask("publish", { channel: "a", data: bulk });
  using slow = await CentrifugeProbe.connect(server.ws);
  slow.pause();
  const asking = Array.from({ length: 20 }, (_, index) => ({ id: index + 2, history: { channel: "a", limit: 20 } }));
  slow.send(...asking);
  const stage = { node: server.node, clock };
  while (server.node.counters.slow === 0) await pass(stage, 1_000, speaker);
  slow.resume();
  let end = await slow.next();
  while (!isClosed(end)) end = await slow.next();
  expect(end.closed).toEqual({ code: 3008, reason: "slow" });
});

test("[SU172] [T59] whose line is dead without a word is found by its missing pong, and has left for the others", async () => {
  const clock = new ManualClock();
  await using server = await startOpenServer({ client: { ping_interval: "10s", pong_timeout: "5s" } }, { clock });
  await using cable = await Cable.to(server.url);
  using witness = await CentrifugeProbe.connect(server.ws);
  await witness.subscribe("a", { join_leave: true });
  await witness.take(1);
  using lost = await CentrifugeProbe.connect(cable.url, { token: tokenFor({ sub: "ann" }) });
  await lost.subscribe("a");
  expect(await witness.take(1)).toMatchObject([{ push: { join: { info: { user: "ann" } } } }]);
  cable.stall();
  await pass({ node: server.node, clock }, 15_100, witness);
  expect(await witness.take(1)).toMatchObject([{ push: { leave: { info: { user: "ann" } } } }]);
  const closed = await server.log.next("connection.closed");
  expect(closed).toMatchObject({ user: "ann", code: 3012 });
  expect([...server.node.localPresence.list("a").keys()]).toEqual([witness.client]);
});

test("[SU174] answers that a client takes late do not make it slow; answers without end do", async () => {
  const client = { queue_max_size: 100_000, message_rate_limit: 0 };
  const without_namespace = { ...everything, history_size: 10 };
  await using server = await startOpenServer({ client, channel: { without_namespace } });
  using reader = await CentrifugeProbe.connect(server.ws);
  for (let said = 0; said < 8; said += 1) await reader.ask("publish", { channel: "a", data: bulk });
  // 14 MB: less than what may wait, and more than the kernel takes beside the queue's own limit.
  const answers = 30;
  const ask = (id: number) => reader.send({ id, history: { channel: "a", limit: 10 } });
  reader.pause();
  const { counters } = server.node;
  const read = counters.framesIn;
  for (let id = 1; id <= answers; id += 1) ask(100 + id);
  while (counters.framesIn < read + answers) await new Promise(setImmediate);
  server.node.sweep();
  reader.resume();
  for (const reply of await reader.take(answers)) expect(reply).toHaveProperty("history");
  expect(counters.slow).toBe(0);
  reader.pause();
  for (let id = 1; counters.slow === 0; id += 1) {
    ask(200 + id);
    await new Promise(setImmediate);
  }
  reader.resume();
  while (!isClosed(await reader.next()));
});

test("[SU173] [T60] a crowd whose lines are cut at once comes back, and everyone has what was said meanwhile", async () => {
  const crowd = 300;
  await using server = await startOpenServer();
  await using cable = await Cable.to(server.url);
  using speaker = await CentrifugeProbe.connect(server.ws);
  const enter = async (request: JsonObject) => {
    const probe = await CentrifugeProbe.open(cable.url);
    // As the stock clients do: connect and subscribe in one frame.
    probe.send({ id: 1, connect: {} }, { id: 2, subscribe: { channel: "a", ...request } });
    const [, reply] = await probe.take(2);
    return { probe, reply };
  };
  const first = await Promise.all(Array.from({ length: crowd }, () => enter({})));
  using early = await CentrifugeProbe.connect(server.ws);
  const { epoch = null } = await early.subscribe("a");
  await early.ask("unsubscribe", { channel: "a" });
  expect(server.node.subscribers.count("a")).toBe(crowd);
  cable.unplug();
  for (const { probe } of first) expect(isClosed(await probe.next())).toBe(true);
  for (let data = 1; data <= 20; data += 1) await speaker.ask("publish", { channel: "a", data });
  cable.plug();
  const again = await Promise.all(Array.from({ length: crowd }, () => enter({ recover: true, offset: 0, epoch })));
  for (const { reply } of again) {
    if (!reply || isClosed(reply)) throw new Error("A client did not come back.");
    expect(reply).toMatchObject({ subscribe: { recovered: true } });
    expect(publicationsOf(reply).map(({ data }) => data)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  }
  expect(server.node.subscribers.count("a")).toBe(crowd);
  for (const { probe } of [...first, ...again]) probe[Symbol.dispose]();
});

test("[T58] the client of a stream that takes nothing is slow too, although its body holds less than what always waits there", async () => {
  const clock = new ManualClock();
  await using server = await startOpenServer(
    { uni_sse: { enabled: true }, client: { write_stall_timeout: "3s" } },
    { clock },
  );
  const query = encodeURIComponent('{"subs":{"a":{}}}');
  using reader = await RawClient.connect(server.url);
  reader.write(`GET /connection/uni_sse?cf_connect=${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const { connection } = await server.log.next("connection.authenticated");
  reader.pause();
  const turn = () => new Promise(setImmediate);
  do {
    await server.api.publish("a", bulk.slice(0, 10_000));
    await turn();
    await turn();
    server.node.sweep();
  } while (server.node.slow.size === 0);
  expect(server.node.registry.member(String(connection))?.socket.unsent()).toBe(0);
  for (let seconds = 0; seconds < 4; seconds += 1) {
    clock.advance(1_000);
    server.node.sweep();
  }
  expect(await server.log.next("connection.closed")).toMatchObject({ code: 3008 });
});
