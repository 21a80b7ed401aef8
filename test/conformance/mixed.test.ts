import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { encodingTag, sharedBytesMax } from "../../src/core/payload.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";
import { CentrifugeProbe, pub } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import type { TestServer } from "../support/server.ts";
import { tellUser } from "../support/tell.ts";

setDefaultTimeout(testTimeout);

const objects = {
  name: "objects",
  ...everything,
  plain_text: "json",
  publication_data_format: "json_object",
} as const;

const config = {
  channel: {
    namespaces: [
      { name: "told", ...everything, force_push_join_leave: true },
      { name: "last", ...everything, force_recovery_mode: "cache" as const, auto_cache_recover: true },
      { name: "json", ...everything, plain_text: "json" as const },
      objects,
      { name: "others", ...everything, exclude_publisher: true },
      { name: "closed", ...everything, allow_subscribe_for_client: false },
      { name: "mute", ...everything, allow_publish_for_client: false },
      { name: "own", ...everything, allow_user_limited_channels: true },
      { name: "words", ...everything, channel_regex: "^[a-z]+$" },
      { name: "brief", ...everything, history_ttl: "1s", history_meta_ttl: "2s" },
    ],
  },
};

const started = () => startOpenServer(config);

async function plainIn(server: TestServer, channel: string, token = ""): Promise<Probe> {
  const query = new URLSearchParams({ channel, ...(token && { token }) });
  return await new Probe(`${server.ws}/ws?${query}`).open();
}

async function centrifugeIn(server: TestServer, channel: string): Promise<CentrifugeProbe> {
  const probe = await CentrifugeProbe.connect(server.ws);
  await probe.subscribe(channel);
  return probe;
}

/** What the data of the next publication is, and its tags. */
async function nextPub(probe: CentrifugeProbe): Promise<unknown> {
  const { push } = (await probe.next()) as { push?: { pub?: { data: unknown; tags?: unknown } } };
  return push?.pub?.tags === undefined ? push?.pub?.data : [push.pub.data, push.pub.tags];
}

describe("a channel with plain and Centrifuge clients", () => {
  test("[SU80] is one channel: each hears the other, in one order", async () => {
    await using server = await started();
    const token = tokenFor({ sub: "ann", info: { name: "Ann" } });
    using plain = await plainIn(server, "a", token);
    using centrifuge = await centrifugeIn(server, "a");
    plain.send("from plain");
    expect(await centrifuge.next()).toEqual(
      pub("a", {
        data: "from plain",
        offset: 1,
        epoch: expect.any(String),
        info: { user: "ann", client: expect.any(String), conn_info: { name: "Ann" } },
      }),
    );
    await centrifuge.ask("history", { channel: "a" });
    centrifuge.send({ id: 9, publish: { channel: "a", data: "from centrifuge" } });
    expect(await plain.next()).toBe("from centrifuge");
  });

  test("keeps the frames of plain clients, and shows and announces them with the rest", async () => {
    await using server = await started();
    using centrifuge = await CentrifugeProbe.connect(server.ws);
    await centrifuge.subscribe("told:a");
    await centrifuge.take(1);
    const plain = await plainIn(server, "told:a", tokenFor({ sub: "ann" }));
    const ann = { user: "ann", client: expect.any(String) };
    expect(await centrifuge.next()).toEqual({ push: { channel: "told:a", join: { info: ann } } });
    plain.send("kept");
    await centrifuge.take(1);
    const history = await centrifuge.ask("history", { channel: "told:a", limit: 10 });
    expect(history["history"]).toMatchObject({ offset: 1, publications: [{ data: "kept", offset: 1, info: ann }] });
    const stats = await centrifuge.ask("presence_stats", { channel: "told:a" });
    expect(stats["presence_stats"]).toEqual({ num_clients: 2, num_users: 2 });
    await plain.close();
    expect(await centrifuge.next()).toEqual({ push: { channel: "told:a", leave: { info: ann } } });
  });

  test("tells plain clients of nobody who comes or goes, and replays nothing to them", async () => {
    await using server = await started();
    for (const channel of ["told:a", "last:a"]) {
      using early = await centrifugeIn(server, channel);
      early.send({ id: 7, publish: { channel, data: "before" } });
      await early.rest();
      using plain = await plainIn(server, channel);
      const other = await centrifugeIn(server, channel);
      await other.close();
      early.send({ id: 8, publish: { channel, data: "after" } });
      expect(await plain.next()).toBe("after");
    }
  });

  test.each([
    ["an unknown namespace", "nowhere:a"],
    ["a name that the namespace does not take", "words:A1"],
    ["a name over the limit", "x".repeat(256)],
    ["a name that is no ASCII", "привет"],
    ["a closed namespace", "closed:a"],
    ["a private channel", "$a"],
    ["a channel of other users", "own:a#bob"],
    ["no name", ""],
  ])("[SU83] is closed to a plain client with 3507: %s", async (_, channel) => {
    await using server = await started();
    using plain = await plainIn(server, channel);
    expect(await plain.closed()).toEqual({ code: 3507, reason: "permission denied" });
  });

  test("[SU84] closes a plain client at its first publish without the right, with 3507, and counts it", async () => {
    await using server = await started();
    using mute = await plainIn(server, "mute:a");
    using centrifuge = await centrifugeIn(server, "mute:a");
    mute.send("one");
    expect(await mute.closed()).toEqual({ code: 3507, reason: "permission denied" });
    expect(server.node.counters.dropped.get("permission")).toBe(1);
    expect(await centrifuge.rest()).toEqual([]);
  });

  test("[SU84] drops what has not the form of the channel, and closes at the third frame in a row", async () => {
    await using server = await started();
    using objects = await plainIn(server, "objects:a");
    using listener = await centrifugeIn(server, "objects:a");
    for (const frame of ["text", "[1]", '{"a":1}', "text", "[2]", '{"a":2}']) objects.send(frame);
    expect([await nextPub(listener), await nextPub(listener)]).toEqual([{ a: 1 }, { a: 2 }]);
    for (const frame of ["text", "[3]", "4"]) objects.send(frame);
    expect((await objects.closed()).code).toBe(3507);
    expect(server.node.counters.dropped.get("format")).toBe(7);
    expect(await listener.rest()).toEqual([]);
  });

  test("makes a plain text a JSON string, or the JSON that it is where the namespace says so", async () => {
    await using server = await started();
    for (const [channel, frame, data] of [
      ["a", '{"a":1}', '{"a":1}'],
      ["a", 'a "quoted"\nline', 'a "quoted"\nline'],
      ["a", "", ""],
      ["json:a", '{"a":1}', { a: 1 }],
      ["json:a", '{\n  "a": [1, 2]\n}', { a: [1, 2] }],
      ["json:a", "12", 12],
      ["json:a", "no JSON", "no JSON"],
    ] as const) {
      using plain = await plainIn(server, channel);
      using centrifuge = await centrifugeIn(server, channel);
      plain.send(frame);
      expect(await nextPub(centrifuge)).toEqual(data);
    }
  });

  test("makes plain bytes a base64 string with a tag, and the tag makes them bytes again", async () => {
    await using server = await started();
    using plain = await plainIn(server, "a");
    using other = await plainIn(server, "a");
    using centrifuge = await centrifugeIn(server, "a");
    const bytes = Uint8Array.of(0, 1, 254, 255);
    plain.send(bytes);
    expect(await nextPub(centrifuge)).toEqual(["AAH+/w==", { [encodingTag]: "base64" }]);
    expect(await other.next()).toEqual(bytes);
    const data = { kind: "json", json: '"AAH+/w=="' } as const;
    server.node.broker.publish(
      { channel: "a", data, tags: { [encodingTag]: "base64" }, exclude: null, history: null },
      null,
    );
    expect(await other.next()).toEqual(bytes);
  });

  test("gives plain clients a JSON string as its text, and other JSON byte for byte", async () => {
    await using server = await started();
    using plain = await plainIn(server, "a");
    using centrifuge = await CentrifugeProbe.connect(server.ws);
    for (const [data, frame] of [
      ['"text"', "text"],
      ['"\\u00e9\\n\\"x\\""', 'é\n"x"'],
      ['{"b":1,  "a":1.50}', '{"b":1,  "a":1.50}'],
      ["12345678901234567890", "12345678901234567890"],
      ["null", "null"],
      ["[1, 2]", "[1, 2]"],
    ] as const) {
      centrifuge.send(`{"id":5,"publish":{"channel":"a","data":${data}}}`);
      expect(await plain.next()).toBe(frame);
    }
  });

  test("[SU88] hands bytes over 64 KiB to plain clients alone, and never keeps them", async () => {
    await using server = await started();
    using plain = await plainIn(server, "a");
    using other = await plainIn(server, "a");
    using centrifuge = await centrifugeIn(server, "a");
    const [fits, tooBig] = [new Uint8Array(sharedBytesMax).fill(7), new Uint8Array(sharedBytesMax + 1).fill(8)];
    plain.send(tooBig);
    plain.send(fits);
    expect(await other.next()).toEqual(tooBig);
    expect(await other.next()).toEqual(fits);
    expect(await nextPub(centrifuge)).toEqual([Buffer.from(fits).toString("base64"), { [encodingTag]: "base64" }]);
    const history = await centrifuge.ask("history", { channel: "a", limit: 10 });
    expect(history["history"]).toMatchObject({ offset: 1, publications: [{ offset: 1 }] });
  });

  test("gives each publisher its own frame by its own rule: plain never, Centrifuge unless excluded", async () => {
    await using server = await started();
    for (const [channel, own] of [
      ["told:b", true],
      ["others:b", false],
    ] as const) {
      using plain = await plainIn(server, channel);
      using other = await plainIn(server, channel);
      using centrifuge = await CentrifugeProbe.connect(server.ws);
      await centrifuge.subscribe(channel);
      await centrifuge.rest();
      plain.send("plain");
      expect(await nextPub(centrifuge)).toBe("plain");
      expect(await other.next()).toBe("plain");
      centrifuge.send({ id: 9, publish: { channel, data: "centrifuge" } });
      const heard = (await centrifuge.rest()).map((each) => ("push" in each ? "own" : "answer"));
      expect(heard).toEqual(own ? ["own", "answer"] : ["answer"]);
      // Nothing of its own came to the plain client before this.
      expect(await plain.next()).toBe("centrifuge");
    }
  });

  test("[SU90] is a plain client's as long as it is connected, whatever becomes of the stream that it keeps no place in", async () => {
    const clock = new ManualClock();
    await using server = await startOpenServer(
      { ...config, client: { channel_position_check_delay: "3s" } },
      { clock },
    );
    using plain = await plainIn(server, "brief:a");
    using centrifuge = await centrifugeIn(server, "brief:a");
    for (let tick = 0; tick < 140; tick += 1) {
      clock.advance(50);
      server.node.sweep();
    }
    expect(await centrifuge.rest()).toEqual([
      { push: { channel: "brief:a", unsubscribe: { code: 2500, reason: "insufficient state" } } },
    ]);
    centrifuge.send({ id: 9, publish: { channel: "brief:a", data: "still there?" } });
    expect(await plain.next()).toBe("still there?");
  });

  test("[SU91] is left by a plain client whom a back end unsubscribes: it has nothing else to be there for", async () => {
    await using server = await started();
    for (const [unsubscribe, code] of [
      [unsubscribes.server, 3503],
      [unsubscribes.insufficientState, 3010],
    ] as const) {
      using plain = await plainIn(server, "a", tokenFor({ sub: "ann" }));
      await server.log.next("connection.authenticated");
      tellUser(server, "ann", { type: "hub.unsubscribe", channel: "b", unsubscribe });
      tellUser(server, "ann", { type: "hub.unsubscribe", channel: "a", unsubscribe });
      expect((await plain.closed()).code).toBe(code);
    }
  });

  test("is the only one of a plain client: a back end gives it no second one, whose frames it could not tell apart", async () => {
    await using server = await started();
    using plain = await plainIn(server, "a", tokenFor({ sub: "ann" }));
    using centrifuge = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    await server.log.next("connection.authenticated", { dialect: "plain" });
    const request = { channel: "b", expireAt: null, since: null };
    tellUser(server, "ann", { type: "hub.subscribe", request });
    expect(await centrifuge.next()).toMatchObject({ push: { channel: "b" } });
    for (const channel of ["b", "a"]) centrifuge.send({ id: 9, publish: { channel, data: `to ${channel}` } });
    expect(await plain.next()).toBe("to a");
  });
});
