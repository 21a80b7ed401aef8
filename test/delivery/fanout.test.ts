import { expect, setDefaultTimeout, test } from "bun:test";
import type { Socket } from "../../src/core/socket.ts";
import type { Variant } from "../../src/core/variant.ts";
import { jsonEncoding } from "../../src/protocol/centrifuge/json.ts";
import { CentrifugeProbe, pub } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import type { TestServer } from "../support/server.ts";
import { CountingEncoding, DirectProbe, EveryNth } from "./subscriber.ts";

setDefaultTimeout(testTimeout);

const attachment = { channel: "a", hearsJoinLeave: false, stream: null };

function publish({ node }: TestServer, channel: string, json: string, exclude: Socket | null = null): void {
  node.broker.publish({ channel, data: { kind: "json", json }, exclude, history: null }, null);
}

/** A second encoding beside that of the Centrifuge protocol, and a second variant beside the whole, in one channel. */
function attachAll({ node }: TestServer, variant: Variant) {
  const encoding = new CountingEncoding();
  const all = {
    encoding,
    json: new DirectProbe(jsonEncoding),
    whole: new DirectProbe(encoding),
    same: new DirectProbe(encoding),
    some: new DirectProbe(encoding),
    someJson: new DirectProbe(jsonEncoding),
  };
  for (const direct of [all.json, all.whole, all.same]) node.subscribers.attach(direct, attachment);
  node.subscribers.attach(all.some, { ...attachment, variant });
  // Equal keys are one variant: this object is never asked.
  node.subscribers.attach(all.someJson, { ...attachment, variant: new EveryNth(2) });
  return all;
}

test("a publication is encoded once per encoding and form, and a variant is asked once, whatever the number of subscribers", async () => {
  await using server = await startOpenServer();
  const variant = new EveryNth(2);
  const { encoding, json, whole, same, some, someJson } = attachAll(server, variant);
  for (const number of ["1", "2", "3"]) publish(server, "a", number);

  expect([whole.frames, same.frames, some.frames]).toEqual([["a=1", "a=2", "a=3"], ["a=1", "a=2", "a=3"], ["a=2"]]);
  expect(json.frames).toEqual(["1", "2", "3"].map((data) => JSON.stringify(pub("a", { data: Number(data) }))));
  expect(someJson.frames).toEqual([JSON.stringify(pub("a", { data: 2 }))]);
  expect([encoding.publications, variant.asked]).toEqual([3, 3]);
  expect(server.node.counters.deliveries).toBe(11);
});

test("native subscribers of a second variant get its form, and the others theirs", async () => {
  await using server = await startOpenServer();
  using whole = await CentrifugeProbe.connect(server.ws);
  using some = await CentrifugeProbe.connect(server.ws);
  using plain = await new Probe(`${server.ws}/ws?channel=a`).open();
  await server.log.next("connection.authenticated", { dialect: "plain" });
  await whole.subscribe("a");
  const { receiver } = server.node.registry.member(some.client)?.socket ?? {};
  receiver?.attach({ ...attachment, variant: new EveryNth(2) });
  for (const number of ["1", "2", "3", "4"]) publish(server, "a", number);

  expect(await some.take(2)).toEqual([pub("a", { data: 2 }), pub("a", { data: 4 })]);
  expect(await whole.take(4)).toEqual([1, 2, 3, 4].map((data) => pub("a", { data })));
  expect([await plain.next(), await plain.next()]).toEqual(["1", "2"]);
});

test("a variant that throws keeps the publication from its own group alone", async () => {
  await using server = await startOpenServer();
  const whole = new DirectProbe(jsonEncoding);
  const failing = new DirectProbe(jsonEncoding);
  server.node.subscribers.attach(whole, attachment);
  const select = () => {
    throw new Error("injected");
  };
  server.node.subscribers.attach(failing, { ...attachment, variant: { key: "failing", select } });
  publish(server, "a", "1");
  expect([whole.frames.length, failing.frames.length]).toEqual([1, 0]);
  expect(server.log.lines.some(({ event }) => event === "publication.poisoned")).toBe(true);
});

test("joins and leaves are encoded once per encoding, for direct subscribers too", async () => {
  await using server = await startOpenServer();
  const encoding = new CountingEncoding();
  const hearing = [new DirectProbe(encoding), new DirectProbe(encoding)];
  const deaf = new DirectProbe(encoding);
  for (const direct of hearing) server.node.subscribers.attach(direct, { ...attachment, hearsJoinLeave: true });
  server.node.subscribers.attach(deaf, attachment);
  using comer = await CentrifugeProbe.connect(server.ws);
  await comer.subscribe("a");
  await comer.ask("unsubscribe", { channel: "a" });
  for (const { frames } of hearing) expect(frames).toEqual(["join a ", "leave a "]);
  expect([deaf.frames, encoding.presences]).toEqual([[], 2]);
});

test("a direct subscriber is counted, can be excluded, and is gone once it is detached", async () => {
  await using server = await startOpenServer();
  const { subscribers } = server.node;
  const [first, second] = [new DirectProbe(jsonEncoding), new DirectProbe(jsonEncoding)];
  subscribers.attach(first, attachment);
  subscribers.attach(second, attachment);
  expect([subscribers.count("a"), subscribers.includes("a", first), [...subscribers.channels()]]).toEqual([
    2,
    true,
    ["a"],
  ]);
  // The socket of a direct subscriber is the subscriber itself.
  publish(server, "a", "1", first as unknown as Socket);
  expect([first.frames.length, second.frames.length]).toEqual([0, 1]);
  subscribers.detach("a", first);
  subscribers.detach("a", second);
  publish(server, "a", "2");
  expect([second.frames.length, subscribers.size]).toEqual([1, 0]);
});

test("a direct subscriber over its queue is slow at once, and one that takes nothing is slow in time", async () => {
  const clock = new ManualClock();
  await using server = await startOpenServer({ client: { write_stall_timeout: "5s" } }, { clock });
  const { subscribers, slow } = server.node;
  const [full, stalled, taking] = [1, 2, 3].map(() => new DirectProbe(jsonEncoding, (probe) => slow.look(probe))) as [
    DirectProbe,
    DirectProbe,
    DirectProbe,
  ];
  for (const direct of [full, stalled, taking]) subscribers.attach(direct, attachment);
  full.queued = 101;
  stalled.queued = 100;
  taking.queued = 100;
  publish(server, "a", "1");
  expect([full.told, stalled.told]).toEqual([["slow"], []]);
  clock.advance(4_999);
  taking.progressAt = clock.monotonic();
  slow.sweep();
  expect(stalled.told).toEqual([]);
  clock.advance(1);
  slow.sweep();
  expect([stalled.told, taking.told]).toEqual([["slow"], []]);
});

test("over the total of all queues the largest are slow, and those that stay as large while they end are cut", async () => {
  await using server = await startOpenServer({ client: { total_queue_max_size: 200 } });
  const { subscribers, slow } = server.node;
  const directs = [90, 70, 80].map((queued) => {
    const direct = new DirectProbe(jsonEncoding, (probe) => slow.look(probe));
    direct.queued = queued;
    subscribers.attach(direct, attachment);
    return direct;
  });
  publish(server, "a", "1");
  expect(directs.map(({ told }) => told)).toEqual([["slow"], [], []]);
  for (const direct of directs) direct.queued = 100;
  slow.sweep();
  expect(directs.map(({ told }) => told)).toEqual([["slow"], [], []]);
  const more = new DirectProbe(jsonEncoding);
  more.queued = 100;
  slow.look(more);
  slow.look(more);
  // 300 that stay: one of them ends, and 200 that end are no more than the total.
  expect([...directs, more].filter(({ told }) => told.includes("slow"))).toHaveLength(2);
  expect([...directs, more].filter(({ told }) => told.includes("terminate"))).toHaveLength(0);
  for (const direct of [...directs, more]) direct.queued = 101;
  slow.sweep();
  expect(server.node.counters.slow).toBe(4);
  expect([...directs, more].filter(({ told }) => told.includes("terminate"))).not.toHaveLength(0);
});

test("subscribers that keep a position in a lost stream are detached and told before its successor is delivered", async () => {
  await using server = await startOpenServer();
  const epochs = ["old", "new", null];
  const directs = epochs.map((epoch) => {
    const direct = new DirectProbe(jsonEncoding);
    server.node.subscribers.attach(direct, { ...attachment, stream: epoch === null ? null : { epoch } });
    return direct;
  });
  server.node.fanout.lost("a", "new");
  publish(server, "a", "1");
  expect(directs.map(({ told, frames }) => [told, frames.length])).toEqual([
    [["lost a new"], 0],
    [[], 1],
    [[], 1],
  ]);
});

test("channels whose names differ in lone surrogates alone share no topic", async () => {
  await using server = await startOpenServer();
  using probe = await CentrifugeProbe.connect(server.ws);
  const { receiver } = server.node.registry.member(probe.client)?.socket ?? {};
  receiver?.attach({ ...attachment, channel: "#\ud800" });
  server.node.subscribers.attach(new DirectProbe(jsonEncoding), { ...attachment, channel: "#\ud801" });
  publish(server, "#\ud801", "1");
  publish(server, "#\ud800", "2");
  expect(await probe.take(1)).toMatchObject([{ push: { pub: { data: 2 } } }]);
});
