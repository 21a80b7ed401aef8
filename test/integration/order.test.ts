import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe, type Heard } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import type { JsonObject } from "../support/json.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";

setDefaultTimeout(testTimeout);

const engines = ["memory", "sqlite"] as const;

/** A server with channels of every kind: kept on the disk or in memory, and not kept at all. */
async function start(engine: (typeof engines)[number]) {
  const folder = await TemporaryFolder.create();
  const server = await startOpenServer({
    engine: { ...folder.engine, type: engine },
    channel: {
      namespaces: [
        { name: "memory", ...everything, engine: "memory" },
        { name: "unkept", ...everything, history_size: 0, history_ttl: "0s", force_recovery: false },
        { name: "others", ...everything, exclude_publisher: true },
      ],
    },
  });
  return {
    ws: server.ws,
    node: server.node,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What something is that came, in a word: `reply 3`, `pub 17`, `join`. */
function word(heard: Heard): string {
  if ("closed" in heard) return "closed";
  const { id, push } = heard;
  if (id !== undefined) return `reply ${id}`;
  if (typeof push !== "object" || push === null) return JSON.stringify(heard);
  if ("pub" in push) return `pub ${JSON.stringify((push["pub"] as JsonObject)["data"])}`;
  return Object.keys(push)
    .filter((name) => name !== "channel")
    .join();
}

async function words(probe: CentrifugeProbe, count: number): Promise<string[]> {
  return (await probe.take(count)).map(word);
}

describe.each(engines)("in what order a client hears, with history in %s", (engine) => {
  test("[SU1] the reply to a subscribe, then its own join, then publications, each before it is answered", async () => {
    await using server = await start(engine);
    using probe = await CentrifugeProbe.connect(server.ws);
    for (const channel of ["a", "memory:a", "unkept:a"]) {
      probe.send(
        { id: 10, subscribe: { channel, join_leave: true } },
        { id: 11, publish: { channel, data: 1 } },
        { id: 12, publish: { channel, data: 2 } },
        { id: 13, presence_stats: { channel } },
      );
      expect(await words(probe, 7)).toEqual(["reply 10", "join", "pub 1", "reply 11", "pub 2", "reply 12", "reply 13"]);
    }
  });

  test("a join waits for nobody: the others hear of it, and of what was published before and after", async () => {
    await using server = await start(engine);
    using early = await CentrifugeProbe.connect(server.ws);
    using late = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "late" }) });
    await early.subscribe("a");
    late.send(
      { id: 10, publish: { channel: "a", data: "before" } },
      { id: 11, subscribe: { channel: "a" } },
      { id: 12, publish: { channel: "a", data: "after" } },
    );
    expect(await words(late, 4)).toEqual(["reply 10", "reply 11", 'pub "after"', "reply 12"]);
    expect(await words(early, 2)).toEqual(['pub "before"', 'pub "after"']);
  });

  test("[SU3] replies never overtake each other, whatever the commands wait for", async () => {
    await using server = await start(engine);
    const random = new SeededRandom();
    using other = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    for (let round = 0; round < 25; round += 1) {
      using probe = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
      const commands = Array.from({ length: 60 }, (_, index) => ({ id: index + 10, ...command(random, round) }));
      other.send(...Array.from({ length: 10 }, (_, index) => ({ id: index + 1, ...command(random, round) })));
      // In frames of any size: what comes in one turn waits for one commit.
      for (let rest: JsonObject[] = commands; rest.length > 0; ) probe.send(...rest.splice(0, 1 + random.int(40)));
      const replies: unknown[] = [];
      while (replies.length < 60) {
        const heard = await probe.next();
        if ("id" in heard) replies.push(heard["id"]);
      }
      expect(replies).toEqual(Array.from({ length: 60 }, (_, index) => index + 10));
    }
  });

  test("[SU4] all subscribers of a channel hear the same order, and it is that of the offsets", async () => {
    await using server = await start(engine);
    const connect = () => CentrifugeProbe.connect(server.ws);
    const speakers = await Promise.all([connect(), connect(), connect(), connect()]);
    const listeners = await Promise.all([connect(), connect(), connect()]);
    for (const listener of listeners) await listener.subscribe("a");
    for (let round = 0; round < 25; round += 1) {
      for (const [index, speaker] of speakers.entries()) {
        speaker.send(
          { id: 10, publish: { channel: "a", data: `${index} ${round} first` } },
          { id: 11, publish: { channel: "a", data: `${index} ${round} second` } },
        );
      }
    }
    const heard = await Promise.all(listeners.map((listener) => listener.take(200)));
    const offsets = heard[0]?.map((each) => offsetOf(each));
    expect(offsets).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(heard[1]).toEqual(heard[0] ?? []);
    expect(heard[2]).toEqual(heard[0] ?? []);
    for (const probe of [...speakers, ...listeners]) probe[Symbol.dispose]();
  });

  test("[SU5] who subscribes in the midst of publications has each of them once, recovered or live", async () => {
    await using server = await start(engine);
    using speaker = await CentrifugeProbe.connect(server.ws);
    const random = new SeededRandom();
    let offset = 0;
    const { epoch = null } = await (await CentrifugeProbe.connect(server.ws)).subscribe("a");
    for (let round = 0; round < 25; round += 1) {
      using late = await CentrifugeProbe.connect(server.ws);
      const [before, after] = [random.int(20), random.int(20)];
      const publish = { publish: { channel: "a", data: round } };
      for (let index = 0; index < before; index += 1) speaker.send({ id: 10, ...publish });
      late.send({ id: 10, subscribe: { channel: "a", recover: true, offset, epoch } });
      for (let index = 0; index < after; index += 1) speaker.send({ id: 10, ...publish });
      const heard: number[] = [];
      const [reply] = await late.take(1);
      expect(reply).toMatchObject({ id: 10, subscribe: { recovered: true } });
      for (const each of recoveredOf(reply)) heard.push(Number(each["offset"]));
      while (heard.length < before + after) heard.push(offsetOf(await late.next()));
      expect(heard).toEqual(Array.from({ length: before + after }, (_, index) => offset + index + 1));
      expect(await late.rest()).toEqual([]);
      await speaker.take(before + after);
      offset += before + after;
    }
  });

  test("[SU6] where the publisher is excluded it hears the answer alone, and recovers its own all the same", async () => {
    await using server = await start(engine);
    using speaker = await CentrifugeProbe.connect(server.ws);
    using listener = await CentrifugeProbe.connect(server.ws);
    const { epoch = null } = await speaker.subscribe("others:a");
    await listener.subscribe("others:a");
    expect(await speaker.ask("publish", { channel: "others:a", data: "mine" })).toEqual({ id: 3, publish: {} });
    await listener.ask("history", { channel: "others:a" }).catch(() => {});
    expect(await speaker.rest()).toEqual([]);
    await speaker.ask("unsubscribe", { channel: "others:a" });
    const again = await speaker.subscribe("others:a", { recover: true, offset: 0, epoch });
    expect(again).toMatchObject({ recovered: true, publications: [{ data: "mine", offset: 1 }] });
  });

  test("[SU7] what was published before the end of a connection is committed and answered before it", async () => {
    await using server = await start(engine);
    using listener = await CentrifugeProbe.connect(server.ws);
    await listener.subscribe("a");
    for (const [last, code] of [
      [{ id: 13, send: { data: 1 } }, 3508],
      ["this is not JSON", 3501],
    ] as const) {
      using speaker = await CentrifugeProbe.connect(server.ws);
      const publish = { publish: { channel: "a", data: 1 } };
      speaker.send({ id: 10, ...publish }, { id: 11, ...publish }, { id: 12, ...publish }, last);
      expect(await words(speaker, 3)).toEqual(["reply 10", "reply 11", "reply 12"]);
      expect((await speaker.closed()).code).toBe(code);
      expect(await words(listener, 3)).toEqual(["pub 1", "pub 1", "pub 1"]);
    }
  });
});

/** A command of any kind, without an id. */
function command(random: SeededRandom, round: number): JsonObject {
  const channel = `${random.pick(["", "memory:", "unkept:"])}${round}`;
  const token = tokenFor({ sub: "ann", channel });
  return random.pick<JsonObject>([
    { publish: { channel, data: random.int(100) } },
    { publish: { channel, data: random.int(100) } },
    { publish: { channel: "nowhere:a", data: 1 } },
    { subscribe: { channel } },
    { subscribe: { channel, token } },
    { unsubscribe: { channel } },
    { history: { channel, limit: 5 } },
    { presence: { channel } },
    { presence_stats: { channel } },
    { rpc: { method: "x" } },
    { refresh: { token: tokenFor({ sub: "ann" }) } },
    { sub_refresh: { channel, token } },
  ]);
}

function offsetOf(heard: Heard): number {
  const { push } = heard as { push?: { pub?: { offset?: number } } };
  return push?.pub?.offset ?? Number.NaN;
}

function recoveredOf(reply: Heard | undefined): JsonObject[] {
  const { subscribe } = reply as { subscribe?: { publications?: JsonObject[] } };
  return subscribe?.publications ?? [];
}
