import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { CentrifugeProbe, isClosed, pub } from "../support/centrifuge-probe.ts";
import type { Json, JsonObject } from "../support/json.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { SeededRandom } from "../support/random.ts";
import { sharedServer } from "../support/shared-server.ts";

setDefaultTimeout(testTimeout);

const server = sharedServer({
  engine: { type: "memory" },
  client: { subscribe_rate_limit: 0 },
  channel: {
    without_namespace: {
      presence: true,
      history_size: 10,
      history_ttl: "60s",
      allow_presence_for_client: true,
      allow_presence_for_anonymous: true,
      allow_history_for_client: true,
      allow_history_for_anonymous: true,
    },
  },
});

const badRequest = { code: 3501, reason: "bad request" };

const connected = () => CentrifugeProbe.connect(server().ws);

/** Sends this line on a connection of its own, and answers with how it ended, or "open". */
async function fateOf(line: string | Uint8Array<ArrayBuffer>): Promise<unknown> {
  using probe = await connected();
  probe.sendFrame(line);
  const heard = (await probe.rest()).at(-1);
  return heard && isClosed(heard) ? heard.closed : "open";
}

/** So deep: lists in lists. */
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** A publication's data, raw, as a subscriber is sent it. */
async function echoed(data: string): Promise<string> {
  using subscriber = await new Probe(`${server().ws}/connection/websocket`).open();
  subscriber.send('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"raw"}}');
  await subscriber.nextText();
  await subscriber.nextText();
  subscriber.send(`{"id":3,"publish":{"channel":"raw","data":${data}}}`);
  const frame = await subscriber.nextText();
  return frame.slice(frame.indexOf('"data":') + 7, frame.lastIndexOf(',"info":'));
}

describe("a command", () => {
  test.each([
    ["0", 3501],
    ["-1", 3501],
    ["1.5", 3501],
    ["1e2", 3501],
    ["4294967296", 3501],
    ["1152921504606846976", 3501],
    ["1e400", 3501],
    ['"1"', 3501],
    ["true", 3501],
    ["[1]", 3501],
    ['{"toString":1}', 3501],
    ["null", 3501],
    ["4294967295", "open"],
    ["2", "open"],
  ])("[T35] with the id %s is done, or not: %p", async (id, fate) => {
    const expected = fate === "open" ? "open" : badRequest;
    expect(await fateOf(`{"id":${id},"presence_stats":{"channel":"a"}}`)).toEqual(expected);
  });

  test("[T35] is answered with its id, however often that one was used", async () => {
    using probe = await connected();
    probe.send(
      { id: 7, publish: { channel: "a", data: 1 } },
      { id: 7, presence_stats: { channel: "a" } },
      { id: 7, rpc: { method: "x" } },
      { id: 6, unsubscribe: { channel: "a" } },
    );
    expect(await probe.take(4)).toEqual([
      { id: 7, publish: {} },
      { id: 7, presence_stats: { num_clients: 0, num_users: 0 } },
      { id: 7, error: { code: 108, message: "not available" } },
      { id: 6, unsubscribe: {} },
    ]);
  });

  test.each([
    ['{"id":2,"history":{"channel":"a","limit":1e400}}'],
    ['{"id":2,"history":{"channel":"a","limit":"5"}}'],
    ['{"id":2,"history":{"channel":"a","limit":0.5}}'],
    ['{"id":2,"history":{"channel":"a","since":{"offset":18446744073709555712,"epoch":"x"}}}'],
    ['{"id":2,"history":{"channel":"a","since":{"offset":-1,"epoch":"x"}}}'],
    ['{"id":2,"history":{"channel":"a","since":{"offset":-0,"epoch":"x"}}}'],
    ['{"id":2,"history":{"channel":"a","since":[]}}'],
    ['{"id":2,"subscribe":{"channel":"a","recover":1}}'],
    ['{"id":2,"subscribe":{"channel":"a","recover":true,"offset":0.1}}'],
    ['{"id":2,"subscribe":{"channel":["a"]}}'],
    ['{"id":2,"subscribe":{"channel":{"toString":"a"}}}'],
    ['{"id":2,"publish":{"channel":7,"data":1}}'],
    ['{"id":2,"presence":[]}'],
    ['{"id":2,"presence":"a"}'],
    ['{"id":2,"unsubscribe":{}}'],
    ['{"id":2,"refresh":{"token":5}}'],
  ])("[T41] [T42] with a field of another type closes with 3501: %s", async (line) => {
    expect(await fateOf(line)).toEqual(badRequest);
  });

  test("[T40] of two equal keys has the last, for the permission as for the deed", async () => {
    using probe = await connected();
    await probe.subscribe("b");
    probe.send('{"id":5,"publish":{"channel":"nowhere:a","data":1,"data":2,"channel":"b"},"id":6}');
    const published = { data: 2, offset: 1, epoch: expect.any(String), info: { user: "", client: probe.client } };
    expect(await probe.take(2)).toEqual([pub("b", published), { id: 6, publish: {} }]);
    probe.send('{"id":7,"publish":{"channel":"b","data":1,"channel":"nowhere:a"}}');
    expect(await probe.take(1)).toMatchObject([{ id: 7, error: { code: 102 } }]);
  });

  test("[T39] with keys of every object's prototype reaches none", async () => {
    const keys = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then"];
    const requests: Record<string, string> = {
      subscribe: '"channel":"proto"',
      publish: '"channel":"proto","data":{"__proto__":{"x":1}}',
      history: '"channel":"proto"',
      presence: '"channel":"proto"',
      presence_stats: '"channel":"proto"',
      rpc: '"method":"x"',
      unsubscribe: '"channel":"proto"',
    };
    using probe = await connected();
    for (const [method, request] of Object.entries(requests)) {
      for (const key of keys) {
        const value = '{"x":1,"constructor":{"prototype":{"x":1}},"channel":"other"}';
        probe.send(`{"id":9,"${key}":${value},"${method}":{"${key}":${value},${request}}}`);
      }
    }
    const heard = await probe.rest();
    expect(heard.filter(isClosed)).toEqual([]);
    expect(heard.filter((each) => "id" in each).length).toBe(keys.length * Object.keys(requests).length);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    expect(server().node.subscribers.get("other")).toBeUndefined();
  });

  test("[T38] is found to be nested too deeply before it is parsed, on any level", async () => {
    for (const levels of [1_000, 16_000, 20_000, 32_000]) {
      // The command and its method are two levels more.
      expect(await fateOf(`{"id":2,"publish":{"channel":"deep","data":${nested(levels)}}}`)).toEqual(badRequest);
    }
    expect(await fateOf(`{"id":2,"publish":{"channel":"deep","data":${nested(998)}}}`)).toBe("open");
    expect(await fateOf(`{"id":2,"x":${nested(20_000)},"presence":{"channel":"a"}}`)).toEqual(badRequest);
    expect(await fateOf(nested(32_000))).toEqual(badRequest);
    expect(await fateOf(`{"id":2,"x":"${"[".repeat(30_000)}","presence":{"channel":"a"}}`)).toBe("open");
  });

  test("[T33] in a binary frame is read as JSON, or closes with 3501", async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    using probe = await connected();
    probe.sendFrame(bytes('{"id":5,"presence_stats":{"channel":"nobody"}}'));
    expect(await probe.take(1)).toEqual([{ id: 5, presence_stats: { num_clients: 0, num_users: 0 } }]);
    for (const frame of [Uint8Array.of(0xff, 0xfe), bytes("{zzz"), new Uint8Array(), Uint8Array.of(3, 8, 1, 34)]) {
      expect(await fateOf(frame)).toEqual(badRequest);
    }
  });

  test("[T43] has no pattern that is run: a filter of tags is error 107", async () => {
    using probe = await connected();
    const evil = { key: "a", cmp: "sw", val: "a*a*a*a*a*b".repeat(1_000) };
    expect(await probe.ask("subscribe", { channel: "a", tf: evil })).toMatchObject({ error: { code: 107 } });
  });

  test("[SU158] [T42] of whatever shape is answered or closes with a code of the tables, and costs nobody else", async () => {
    using bystander = await connected();
    const methods = ["connect", "subscribe", "publish", "presence", "history", "refresh", "sub_refresh", "rpc", "send"];
    const random = new SeededRandom();
    const command = fc.record({
      id: fc.oneof(fc.nat(), fc.jsonValue()),
      method: fc.constantFrom(...methods),
      request: fc.oneof(
        fc.jsonValue(),
        fc.record({ channel: fc.jsonValue(), token: fc.jsonValue(), data: fc.jsonValue(), limit: fc.jsonValue() }),
        fc.record({ channel: fc.string(), token: fc.string(), data: fc.jsonValue(), limit: fc.integer() }),
      ),
    });
    for (const { id, method, request } of fc.sample(command, { numRuns: 300, seed: random.seed | 0 })) {
      using probe = await connected();
      const line = JSON.stringify({ id, [method]: request });
      probe.send(line);
      const codes = (await probe.rest()).filter(isClosed).map(({ closed }) => closed.code);
      expect([line, codes]).toEqual([line, codes.filter((code) => code >= 3_500 && code <= 3_508)]);
    }
    expect(await bystander.ask("presence_stats", { channel: "nobody" })).toHaveProperty("presence_stats");
    expect(server().node.counters.crashes).toBe(0);
    expect(server().node.counters.errors).toBe(0);
  });
});

describe("a payload", () => {
  test.each([
    ["1e400"],
    ["9007199254740993"],
    ["-0"],
    ["-0.0"],
    ["1.50"],
    ["1E+2"],
    ["0.1e-7"],
    ['{"b":1,"a":2,"b":3}'],
    ['{ "spaced" : [ 1 ,\t2 ] }'],
    ['"\\u0000\\u001f\\u0085\\u202e\\ud800"'],
    ['"\\/\\b\\f"'],
    ['"\u2028\u2029\u202e"'],
    ['"<script>&amp;"'],
    ['{"__proto__":{"x":1}}'],
    ["null"],
    ["[]"],
  ])("[T41] [T44] arrives as the very characters that were sent: %s", async (data) => {
    expect(await echoed(data)).toBe(data);
  });

  test("[T44] of any text arrives as it was sent, and a raw control character in it is no JSON", async () => {
    const random = new SeededRandom();
    using subscriber = await new Probe(`${server().ws}/connection/websocket`).open();
    subscriber.send('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"text"}}');
    await subscriber.nextText();
    await subscriber.nextText();
    for (let round = 0; round < 300; round += 1) {
      const text = Array.from({ length: 1 + random.int(40) }, () => characterOf(random)).join("");
      const data = JSON.stringify(text);
      subscriber.send(`{"id":3,"publish":{"channel":"text","data":${data}}}`);
      const [push, reply] = [await subscriber.nextText(), await subscriber.nextText()];
      expect(push).toContain(`"data":${data},`);
      expect(reply).toBe('{"id":3,"publish":{}}');
    }
    for (const raw of ["\u0000", "\u0001", "\u001f"]) {
      expect(await fateOf(`{"id":2,"publish":{"channel":"a","data":"${raw}"}}`)).toEqual(badRequest);
    }
  });
});

test("[SU161] a namespace's own data format is held to: 107, and nothing is delivered", async () => {
  await using strict = await startOpenServer({
    channel: { without_namespace: { publication_data_format: "json_object" } },
  });
  using probe = await CentrifugeProbe.connect(strict.ws);
  await probe.subscribe("a");
  for (const data of [1, "x", null, [1]] as Json[]) {
    const refused: JsonObject = await probe.ask("publish", { channel: "a", data });
    expect(refused).toMatchObject({ error: { code: 107 } });
  }
  probe.send({ id: 9, publish: { channel: "a", data: {} } });
  expect((await probe.take(2))[1]).toEqual({ id: 9, publish: {} });
});

/** A character of every kind; surrogates come in pairs, because WebSocket's text is UTF-8. */
function characterOf(random: SeededRandom): string {
  const [from, to] = random.pick([
    [0, 0x20],
    [0x20, 0x7f],
    [0x7f, 0xa0],
    [0xa0, 0xd800],
    [0xe000, 0x10000],
    [0x10000, 0x110000],
  ]);
  return String.fromCodePoint(from + random.int(to - from));
}
