import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { CentrifugeProbe, type Heard } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { isObject, type Json, type JsonObject } from "../support/json.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import type { TestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

const engines = ["memory", "sqlite"] as const;

const namespaces = [
  { name: "five", ...everything, history_size: 5 },
  { name: "own", ...everything, allow_user_limited_channels: true },
  { name: "closed", ...everything, allow_subscribe_for_client: false },
];

/** Publishes one after the other, and answers with the epoch that they are kept in. */
async function publish(server: TestServer, channel: string, ...data: Json[]): Promise<string> {
  using probe = await CentrifugeProbe.connect(server.ws);
  for (const each of data) await probe.ask("publish", { channel, data: each });
  const { history } = await probe.ask("history", { channel });
  return isObject(history) ? String(history["epoch"]) : "";
}

/** What a subscribe brings that recovers from there. */
async function recover(server: TestServer, channel: string, since: JsonObject): Promise<JsonObject> {
  using probe = await CentrifugeProbe.connect(server.ws);
  return await probe.subscribe(channel, { recover: true, ...since });
}

const lost = (offset: number, epoch: string) => ({
  recoverable: true,
  positioned: true,
  epoch,
  offset,
  was_recovering: true,
});

describe.each(engines)("recovery from %s", (type) => {
  test("[SU100] is all or nothing, and true only where nothing can be missing", async () => {
    await using folder = await TemporaryFolder.create();
    await using server = await startOpenServer({
      engine: { ...folder.engine, type },
      channel: { namespaces },
      client: { recovery_max_publication_limit: 4 },
    });
    const epoch = await publish(server, "five:a", 1, 2, 3, 4, 5, 6, 7, 8);
    const recovered = (offset: number, publications: JsonObject[]) => ({
      ...lost(offset, epoch),
      recovered: true,
      ...(publications.length > 0 && { publications }),
    });
    const at = (offset: number) => ({ data: offset, offset, info: { user: "", client: expect.any(String) } });
    expect(await recover(server, "five:a", { offset: 8, epoch })).toEqual(recovered(8, []));
    expect(await recover(server, "five:a", { offset: 7, epoch })).toEqual(recovered(7, [at(8)]));
    expect(await recover(server, "five:a", { offset: 4, epoch })).toEqual(recovered(4, [at(5), at(6), at(7), at(8)]));
    // More than may be recovered at once; what has fallen out of the history; above the top; another epoch.
    expect(await recover(server, "five:a", { offset: 3, epoch })).toEqual(lost(8, epoch));
    expect(await recover(server, "five:a", { offset: 2, epoch })).toEqual(lost(8, epoch));
    expect(await recover(server, "five:a", { offset: 9, epoch })).toEqual(lost(8, epoch));
    expect(await recover(server, "five:a", { offset: 8, epoch: "elsewhen" })).toEqual(lost(8, epoch));
    using strict = await CentrifugeProbe.connect(server.ws);
    const refused = await strict.ask("subscribe", { channel: "five:a", recover: true, offset: 2, epoch, flag: 2 });
    expect(refused).toMatchObject({ error: { code: 112, message: "unrecoverable position" } });
    expect(server.node.subscribers.get("five:a")).toBeUndefined();
  });
});

test("[SU101] recovery goes on over a restart with the file, and ends with one that had nothing but memory", async () => {
  for (const type of engines) {
    await using folder = await TemporaryFolder.create();
    const config = { engine: { ...folder.engine, type } };
    const first = await startOpenServer(config);
    const epoch = await publish(first, "a", 1, 2, 3);
    await first.stop();
    await using second = await startOpenServer(config);
    const result = await recover(second, "a", { offset: 1, epoch });
    if (type === "memory") {
      expect(result).toMatchObject({ was_recovering: true, epoch: expect.not.stringMatching(epoch) });
      expect(result).not.toHaveProperty("recovered");
    } else {
      expect(result).toMatchObject({ recovered: true, epoch, publications: [{ data: 2 }, { data: 3 }] });
      expect(await publish(second, "a", 4)).toBe(epoch);
      expect(await recover(second, "a", { offset: 3, epoch })).toMatchObject({
        publications: [{ data: 4, offset: 4 }],
      });
    }
  }
});

test("[SU102] [F08] nobody is recovered from an old backup that was put back, also not when it has grown past its place", async () => {
  await using folder = await TemporaryFolder.create();
  await using backup = await TemporaryFolder.create();
  const config = { engine: folder.engine };
  const serve = async (work: (server: TestServer) => Promise<string>) => {
    await using server = await startOpenServer(config);
    return await work(server);
  };
  const file = "chorus.db";
  const before = await serve((server) => publish(server, "a", 1, 2, 3));
  await cp(join(folder.path, file), join(backup.path, file));
  await serve((server) => publish(server, "a", 4, 5, 6));
  for (const suffix of ["-wal", "-shm"]) await rm(join(folder.path, file + suffix), { force: true });
  await cp(join(backup.path, file), join(folder.path, file));
  await using server = await startOpenServer(config);
  const above = await recover(server, "a", { offset: 6, epoch: before });
  expect(above).not.toHaveProperty("recovered");
  await publish(server, "a", "other 4", "other 5", "other 6", "other 7");
  const grown = await recover(server, "a", { offset: 6, epoch: before });
  expect(grown).toMatchObject({ was_recovering: true });
  expect(grown).not.toHaveProperty("recovered");
});

test("[SU103] [T51] a small frame calls for so many publications a channel and so many bytes, and no more", async () => {
  const recovery_max_bytes = 100_000;
  await using server = await startOpenServer({ client: { recovery_max_bytes } });
  const channels = Array.from({ length: 40 }, (_, index) => `c${index}`);
  const data = "x".repeat(1_000);
  for (const channel of channels) {
    const draft = { channel, data: { kind: "json", json: JSON.stringify(data) }, exclude: null } as const;
    const history = server.node.rules.resolve(channel)?.namespace.history ?? null;
    for (let index = 0; index < 10; index += 1) server.node.broker.publish({ ...draft, history }, null);
  }
  using probe = await CentrifugeProbe.connect(server.ws);
  const subscribes = channels.map((channel, index) => ({ id: index + 2, subscribe: { channel, recover: true } }));
  probe.send(...subscribes);
  const replies = await probe.take(channels.length);
  expect(replies.filter(isRecovered).length).toBe(9);
  const bytes = replies.reduce((sum, reply) => sum + JSON.stringify(reply).length, 0);
  expect(bytes).toBeLessThan(recovery_max_bytes * 1.2);
  // Another frame has its own bytes: nobody is locked out.
  expect(await recover(server, "c39", {})).toMatchObject({ recovered: true });
});

test("[T51] nor does a connect with many channels of its own", async () => {
  const recovery_max_bytes = 20_000;
  await using server = await startOpenServer({ client: { recovery_max_bytes } });
  const channels = Array.from({ length: 10 }, (_, index) => `c${index}`);
  for (const channel of channels) await publish(server, channel, "x".repeat(5_000));
  using probe = await CentrifugeProbe.open(server.ws);
  probe.send({
    id: 1,
    connect: {
      token: tokenFor({ sub: "ann", channels }),
      subs: Object.fromEntries(channels.map((channel) => [channel, { recover: true }])),
    },
  });
  const [reply] = await probe.take(1);
  const { connect } = reply as { connect: { subs: Record<string, JsonObject> } };
  expect(Object.values(connect.subs).filter(({ recovered }) => recovered).length).toBe(3);
});

test("[T51] nor does a connect with channels of its own and a subscribe in the same frame", async () => {
  const recovery_max_bytes = 20_000;
  await using server = await startOpenServer({ client: { recovery_max_bytes } });
  for (const channel of ["a", "b", "c"]) await publish(server, channel, "x".repeat(15_000));
  using probe = await CentrifugeProbe.open(server.ws);
  probe.send(
    { id: 1, connect: { subs: { a: { recover: true } } } },
    { id: 2, subscribe: { channel: "b", recover: true } },
  );
  const [connected, subscribed] = await probe.take(2);
  expect(connected).toMatchObject({ connect: { subs: { a: { recovered: true } } } });
  expect(subscribed).toMatchObject({ id: 2, subscribe: { was_recovering: true } });
  expect(subscribed).not.toHaveProperty("subscribe.recovered");
  // Another frame has its own bytes.
  expect(await recover(server, "c", {})).toMatchObject({ recovered: true });
});

test("[SU105] [T22] recovery asks for permission anew: who may no longer subscribe gets nothing of what was said", async () => {
  await using server = await startOpenServer({ channel: { namespaces } });
  const epoch = await publish(server, "own:a#ann", "secret");
  await publish(server, "closed:a", "secret");
  const claims = { sub: "bob", channel: "closed:a" };
  const request = { recover: true, offset: 0, epoch };
  using bob = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "bob" }) });
  const denied = { code: 103, message: "permission denied" };
  expect(await bob.ask("subscribe", { channel: "own:a#ann", ...request })).toEqual({ id: 2, error: denied });
  expect(await bob.ask("subscribe", { channel: "closed:a", ...request })).toEqual({ id: 3, error: denied });
  const late = tokenFor({ ...claims, exp: 1_000_000_000 });
  const expired = await bob.ask("subscribe", { channel: "closed:a", token: late, ...request });
  expect(expired).toEqual({ id: 4, error: { code: 109, message: "token expired" } });
  const foreign = tokenFor({ sub: "ann", channel: "closed:a" });
  bob.send({ id: 5, subscribe: { channel: "closed:a", token: foreign, ...request } });
  expect(await bob.closed()).toEqual({ code: 3500, reason: "invalid token" });
  using banned = await CentrifugeProbe.open(server.ws);
  banned.send({ id: 1, connect: { token: `${tokenFor({ sub: "ann" })}x`, subs: { "own:a#ann": request } } });
  expect(await banned.closed()).toEqual({ code: 3500, reason: "invalid token" });
});

test("[SU106] who recovers while others publish has everything once, again and again over cut connections", async () => {
  await using server = await startOpenServer({
    channel: { without_namespace: { ...everything, history_size: 1_000 } },
  });
  using speaker = await CentrifugeProbe.connect(server.ws);
  let place: JsonObject = { offset: 0, epoch: await publish(server, "a") };
  const heard: Json[] = [];
  for (let round = 0; round < 10; round += 1) {
    const first = round * 30;
    const say = (from: number, to: number) => {
      for (let data = from; data < to; data += 1) speaker.send({ id: 9, publish: { channel: "a", data } });
    };
    say(first, first + 10);
    using probe = await CentrifugeProbe.connect(server.ws);
    probe.send({ id: 2, subscribe: { channel: "a", recover: true, ...place } });
    say(first + 10, first + 30);
    const [reply] = await probe.take(1);
    expect(isRecovered(reply)).toBe(true);
    const taken = [...publicationsOf(reply), ...(await probe.take(7)).flatMap(publicationsOf)];
    heard.push(...taken.map(({ data = null }) => data));
    place = { ...place, offset: taken.at(-1)?.["offset"] ?? 0 };
    await speaker.take(30);
  }
  expect(heard).toEqual(Array.from({ length: heard.length }, (_, index) => index));
  expect(heard.length).toBeGreaterThan(200);
  expect(place["offset"]).toBe(heard.length);
});

function isRecovered(reply: Heard | undefined): boolean {
  const { subscribe } = reply as { subscribe?: JsonObject };
  return subscribe?.["recovered"] === true;
}

/** The publications in a reply or a push. */
function publicationsOf(heard: Heard | undefined): JsonObject[] {
  const { subscribe, push } = heard as { subscribe?: { publications?: JsonObject[] }; push?: { pub?: JsonObject } };
  return [...(subscribe?.publications ?? []), ...(push?.pub ? [push.pub] : [])];
}
