import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { apiKey, post, startApi } from "../support/api.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";

setDefaultTimeout(testTimeout);

const message = (data: number) => ({ push: { message: { data } } });

test("[AP103] [F01] killed right after its answer, a server still has what waits, and does not give twice what it gave", async () => {
  await using folder = await TemporaryFolder.create();
  const config = {
    http_server: { port: 0 },
    http_api: { key: "apikey" },
    client: { token: { hmac_secret_key: "secret" } },
    engine: folder.engine,
    push_log: { path: join(folder.path, "push.db") },
    log: { format: "json" },
  };
  const killed = async (use: (url: string) => Promise<void>) => {
    await using server = await ChorusProcess.spawn({ config });
    await use(await server.url());
    server.signal("SIGKILL");
    await server.ended();
  };
  const send = async (url: string, data: number) =>
    (await post(`${url}/api/send`, { user: "ann", data, queue_ttl_s: 600, idempotency_key: `${data}` }, apiKey)).json;
  const connect = (url: string) =>
    CentrifugeProbe.connect(url.replace("http", "ws"), { token: tokenFor({ sub: "ann" }) });
  const kept = { result: { connections: 0, queued: true } };

  await killed(async (url) => {
    for (const data of [1, 2, 3]) expect(await send(url, data)).toEqual(kept);
  });
  await killed(async (url) => {
    for (const data of [3, 4]) expect(await send(url, data)).toEqual(kept);
    using ann = await connect(url);
    expect(await ann.take(4)).toEqual([1, 2, 3, 4].map(message));
  });
  await killed(async (url) => {
    using ann = await connect(url);
    expect(await ann.rest()).toEqual([]);
  });
});

test("[F07] a file of channels that is damaged leaves the queue and the log alone", async () => {
  await using folder = await TemporaryFolder.create();
  const config = { engine: folder.engine, push_log: { path: join(folder.path, "push.db") } };
  const before = await startApi(config);
  await before.call("publish", { channel: "news", data: 1 });
  await before.call("send", { user: "ann", data: 2, queue_ttl_s: 600 });
  await before.stop();
  await Bun.write(folder.engine.sqlite.path, "this is no database".repeat(1_000));
  await using api = await startApi(config);
  expect(api.log.count("broker.file_damaged")).toBe(1);
  expect((await api.call("history", { channel: "news", limit: 9 })).json.result.publications).toEqual([]);
  const { entries } = (await api.call("push_log", {})).json.result;
  expect(entries.map(({ method, target }: { method: string; target: string }) => [method, target])).toEqual([
    ["send", "ann"],
    ["publish", "news"],
  ]);
  const ann = await api.centrifuge("ann");
  expect(await ann.rest()).toEqual([message(2)]);
});

test("[F07] a file of pushes that is damaged is set aside, and neither stops the server nor touches the channels", async () => {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "push.db");
  const config = { engine: folder.engine, push_log: { path } };
  const before = await startApi(config);
  await before.call("publish", { channel: "news", data: 1 });
  await before.stop();
  await Bun.write(path, "this is no database".repeat(1_000));
  await using api = await startApi(config);
  expect(api.log.count("push.file_damaged")).toBe(1);
  expect((await api.call("history", { channel: "news", limit: 9 })).json.result.publications).toHaveLength(1);
  expect((await api.call("push_log", {})).json.result).toEqual({ entries: [] });
  expect((await api.call("send", { user: "ann", data: 2, queue_ttl_s: 600 })).json.result.queued).toBe(true);
});
