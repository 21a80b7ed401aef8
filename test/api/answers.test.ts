import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { startApi } from "../support/api.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const tooLarge = {
  error: { code: 106, message: "limit exceeded: the answer would be over http_api.response_size_limit" },
};

/** How many turns of the event loop there were until something was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = () => {
    if (isDone) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  await work;
  isDone = true;
  return turns;
}

describe("the size of an answer", () => {
  test("[AP125] a history, a presence, a list of channels or a page of the log over the limit is error 106, and exactly at it is not", async () => {
    await using api = await startApi({ http_api: { response_size_limit: 2_000 }, push_log: { payloads: true } });
    using _ann = await api.centrifuge("ann");
    const names = Array.from({ length: 30 }, (_, index) => `${"c".repeat(60)}${index}`);
    for (let index = 0; index < 30; index += 1) {
      await api.call("publish", { channel: "news", data: "é".repeat(30), tags: { n: `${index}` } });
    }
    for (const channel of names) await api.call("subscribe", { user: "ann", channel });
    const probes = await Promise.all(Array.from({ length: 30 }, () => CentrifugeProbe.connect(api.ws, {})));
    for (const probe of probes) await probe.subscribe("crowd");
    for (const [method, request] of [
      ["history", { channel: "news", limit: -1 }],
      ["presence", { channel: "crowd" }],
      ["channels", {}],
      ["push_log", {}],
    ] as const) {
      expect([method, (await api.call(method, request)).json]).toEqual([method, tooLarge]);
    }
    expect((await api.call("presence_stats", { channel: "crowd" })).json.result.num_clients).toBe(30);
    const { result } = (await api.call("history", { channel: "news", limit: 10 })).json;
    expect(result.publications).toHaveLength(10);
    const size = Buffer.byteLength(JSON.stringify(result));
    await using exact = await startApi({ http_api: { response_size_limit: size } });
    await using below = await startApi({ http_api: { response_size_limit: size - 1 } });
    for (const [server, expected] of [
      [exact, 10],
      [below, undefined],
    ] as const) {
      for (const { data, tags } of result.publications) await server.call("publish", { channel: "news", data, tags });
      const { json } = await server.call("history", { channel: "news", limit: 10 });
      expect(json.result?.publications.length).toBe(expected);
    }
    for (const probe of probes) probe[Symbol.dispose]();
  });

  test("[AP125] the commands of a batch share it: what does not fit is error 106, and writes are done and told", async () => {
    await using api = await startApi({ http_api: { response_size_limit: 3_000 } });
    for (let index = 0; index < 10; index += 1) await api.call("publish", { channel: "news", data: "x".repeat(100) });
    const history = { history: { channel: "news", limit: -1 } };
    for (const parallel of [false, true]) {
      const commands = [history, { publish: { channel: "other", data: 1 } }, history, history, { info: {} }];
      const { json, text } = await api.call("batch", { commands, parallel });
      const codes = json.replies.map(({ error }: { error?: { code: number } }) => error?.code ?? 0);
      expect(codes).toEqual([0, 0, 0, 106, 0]);
      expect(text.length).toBeLessThan(3_500);
    }
    const lines = Array.from({ length: 3 }, () => '{"method":"history","params":{"channel":"news","limit":-1}}');
    const replies = (await api.call("", lines.join("\n"))).text.split("\n").map((line) => JSON.parse(line));
    expect(replies.map(({ error }) => error?.code ?? 0)).toEqual([0, 0, 106]);
    expect((await api.call("history", { channel: "other", limit: 0 })).json.result.offset).toBe(2);
  });
});

describe("long work", () => {
  test("[AP126] a broadcast of 0.9 MB to many channels lets others in between, on a disk and in memory", async () => {
    await using folder = await TemporaryFolder.create();
    const data = "x".repeat(900_000);
    for (const [engine, count] of [
      [{ type: "memory" }, 200],
      [folder.engine, 100],
    ] as const) {
      await using api = await startApi({ engine, channel: { without_namespace: { history_size: 1 } } });
      const channels = Array.from({ length: count }, (_, index) => `c${index}`);
      const broadcast = api.call("broadcast", { channels, data });
      const turns = await turnsDuring(broadcast);
      const { responses } = (await broadcast).json.result;
      expect(responses.map(({ result }: { result: { offset: number } }) => result.offset)).toEqual(
        channels.map(() => 1),
      );
      // Two publishes of this size are a slice, whatever the speed of the machine.
      expect(turns).toBeGreaterThan(count / 2 - 1);
    }
  });

  test("[AP126] a batch of 60 histories is answered up to the limit of the answer, and the rest is not read", async () => {
    await using api = await startApi({ channel: { without_namespace: { history_size: 300 } } });
    const data = "x".repeat(60_000);
    await api.call("batch", { commands: Array.from({ length: 15 }, () => ({ publish: { channel: "news", data } })) });
    const commands = Array.from({ length: 60 }, () => ({ history: { channel: "news", limit: -1 } }));
    for (const parallel of [false, true]) {
      const { json, text } = await api.call("batch", { commands, parallel });
      const read = json.replies.filter(({ history }: { history?: object }) => history);
      // 15 x 60,000 bytes and their frames fit 18 times into 16 MiB.
      expect([read.length, read[0].history.publications.length, json.replies[59].error.code]).toEqual([18, 15, 106]);
      expect(text.length).toBeLessThan(16_777_216 + 10_000);
    }
  });

  test("[AP126] a long history is read in parts, forward and back, and has no gap although others publish meanwhile", async () => {
    await using folder = await TemporaryFolder.create();
    for (const engine of [{ type: "memory" }, folder.engine] as const) {
      await using api = await startApi({ engine, channel: { without_namespace: { history_size: 60 } } });
      const publish = (count: number) =>
        Promise.all(Array.from({ length: count }, () => api.api.publish("news", "x".repeat(100_000))));
      const offsets = async (filter: {
        limit?: number;
        reverse?: boolean;
        since?: { offset: number; epoch: string };
      }) => (await api.api.history("news", filter)).publications.map(({ offset }) => offset);
      await publish(60);
      const all = Array.from({ length: 60 }, (_, index) => index + 1);
      expect(await offsets({})).toEqual(all);
      expect(await offsets({ reverse: true })).toEqual(all.toReversed());
      expect(await offsets({ limit: 35 })).toEqual(all.slice(0, 35));
      expect(await offsets({ since: { offset: 7, epoch: "" }, limit: 30 })).toEqual(all.slice(7, 37));
      expect(await offsets({ since: { offset: 50, epoch: "" }, limit: 30, reverse: true })).toEqual(
        all.slice(19, 49).toReversed(),
      );
      const reading = [offsets({}), offsets({ reverse: true })];
      await publish(45);
      const [forward = [], back = []] = await Promise.all(reading);
      for (const found of [forward, back.toReversed()]) {
        expect(found.length).toBeGreaterThan(10);
        expect(found).toEqual(Array.from(found, (_, index) => (found[0] ?? 0) + index));
      }
      const since = { offset: 50, epoch: "another" };
      expect((await api.call("history", { channel: "news", since, limit: 60 })).json.error.code).toBe(112);
    }
  });
});
