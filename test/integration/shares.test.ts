import { expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const tooMuch = { error: { code: 106, message: "limit exceeded" } };
const full = { error: { code: 100, message: "internal server error", temporary: true } };

async function call(url: string, method: string, body: object, key = "apikey") {
  const options = { method: "POST", headers: { "X-API-Key": key }, body: JSON.stringify(body) };
  return (await (await fetch(`${url}/api/${method}`, options)).json()) as {
    readonly result?: object;
    readonly error?: object;
  };
}

/** Asks for made-up names until one is refused; how many were not. */
async function askUntilRefused(probe: CentrifugeProbe, what: "history" | "publish", prefix: string) {
  const request = what === "history" ? { limit: 0 } : { data: 1 };
  for (let count = 0; ; count += 1) {
    const reply = await probe.ask(what, { channel: `${prefix}${count}`, ...request });
    if ("error" in reply) return { count, reply };
  }
}

for (const type of ["memory", "sqlite"] as const) {
  test(`[SU180] with history in ${type}, made-up names of one user take its share, and nothing of others`, async () => {
    await using folder = await TemporaryFolder.create();
    const engine = { ...folder.engine, type, stream_limit: 100 };
    await using server = await startOpenServer({ engine, client: { stream_share_percent: 20 } });
    const kept = await call(server.url, "publish", { channel: "honest", data: "kept" });
    using ann = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    const asked = await askUntilRefused(ann, "history", "made-up ");
    expect([asked.count, asked.reply]).toMatchObject([20, tooMuch]);
    // It is the user who is charged, on every connection; and the address of those without a name.
    using again = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    expect(await again.ask("subscribe", { channel: "one more" })).toMatchObject(tooMuch);
    expect(await again.ask("publish", { channel: "one more", data: 1 })).toMatchObject(tooMuch);
    using nobody = await CentrifugeProbe.connect(server.ws);
    const { count } = await askUntilRefused(nobody, "publish", "anonymous ");
    expect(count).toBe(20);
    expect(await again.ask("history", { channel: "honest", limit: -1 })).toMatchObject({
      history: { publications: [{ data: "kept" }], ...kept.result },
    });
    expect(await server.metric('chorus_store_refused_total{reason="share"}')).toBe(4);
    expect(server.log.count("broker.refused")).toBe(1);
  });

  test(`[SU181] with history in ${type}, a full server refuses new channels and keeps what it has`, async () => {
    await using folder = await TemporaryFolder.create();
    const clock = new ManualClock();
    const engine = { ...folder.engine, type, stream_limit: 10 };
    await using server = await startOpenServer({ engine, client: { stream_share_percent: 100 } }, { clock });
    using probe = await CentrifugeProbe.connect(server.ws);
    const { count, reply } = await askUntilRefused(probe, "publish", "c");
    expect([count, reply]).toMatchObject([10, full]);
    expect(await probe.ask("subscribe", { channel: "new" })).toMatchObject(full);
    for (let n = 0; n < 10; n += 1) {
      const page = await probe.ask("history", { channel: `c${n}`, limit: -1 });
      expect(page).toMatchObject({ history: { publications: [{ data: 1 }] } });
    }
    clock.advance(300_000);
    expect(await probe.ask("publish", { channel: "new", data: 1 })).toMatchObject({ publish: {} });
  });
}

test("[SU186] at a full server the API refuses a subscribe, and a connect is given its channels without a position", async () => {
  const client = {
    stream_share_percent: 100,
    subscribe_to_user_personal_channel: { enabled: true },
  };
  await using server = await startOpenServer({ engine: { stream_limit: 3 }, client });
  for (const channel of ["#ann", "b", "c"]) await call(server.url, "publish", { channel, data: 1 });
  using ann = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
  expect(await call(server.url, "subscribe", { user: "ann", channel: "new" })).toEqual({
    error: { code: 100, message: "internal server error" },
  });
  await expect(server.api.subscribe({ user: "ann" }, "new")).rejects.toMatchObject({ code: 100 });
  expect(await call(server.url, "subscribe", { user: "ann", channel: "b" })).toEqual({ result: {} });
  expect(await ann.next()).toMatchObject({ push: { channel: "b", subscribe: { recoverable: true } } });

  using ben = await CentrifugeProbe.open(server.ws);
  const { connect } = await ben.ask("connect", { token: tokenFor({ sub: "ben", channels: ["c", "d"] }) });
  const { subs } = connect as unknown as { readonly subs: Record<string, Record<string, unknown>> };
  expect(Object.keys(subs)).toEqual(["c", "d", "#ben"]);
  expect(subs["c"]).toMatchObject({ recoverable: true, positioned: true, offset: 1 });
  expect([subs["d"], subs["#ben"]]).toEqual([{}, {}]);
  await call(server.url, "publish", { channel: "d", data: "live", skip_history: true });
  expect(await ben.next()).toMatchObject({ push: { channel: "d", pub: { data: "live" } } });
  expect(server.log.count("connection.closed")).toBe(0);
  expect(server.log.lines.find(({ event }) => event === "broker.refused")).toMatchObject({
    reason: "bound",
    account: "key:default",
  });
});

test("[SU182] a refusal names the account, also of code in the process", async () => {
  await using server = await startOpenServer({ engine: { stream_limit: 1 } });
  await server.api.publish("a", 1);
  await expect(server.api.publish("b", 1)).rejects.toMatchObject({ code: 100 });
  expect(await server.log.next("broker.refused")).toMatchObject({ reason: "bound", account: "process" });
});

test("[SU182] an API key has the share that it is given", async () => {
  const keys = [{ name: "small", key: "secret", stream_share_percent: 10 }];
  await using server = await startOpenServer({ engine: { stream_limit: 50 }, http_api: { keys } });
  for (let n = 0; n < 5; n += 1) {
    expect(await call(server.url, "publish", { channel: `c${n}`, data: 1 }, "secret")).toMatchObject({ result: {} });
  }
  expect(await call(server.url, "publish", { channel: "more", data: 1 }, "secret")).toMatchObject(tooMuch);
  expect(await call(server.url, "publish", { channel: "more", data: 1 })).toMatchObject({ result: { offset: 1 } });
});

test("[SU183] a history answer ends at its bytes, with at least one publication, and goes on with since", async () => {
  await using server = await startOpenServer({ client: { history_max_bytes: 1_000 } });
  for (let n = 0; n < 5; n += 1) await call(server.url, "publish", { channel: "a", data: "x".repeat(398) });
  await call(server.url, "publish", { channel: "a", data: "x".repeat(5_000) });
  using probe = await CentrifugeProbe.connect(server.ws);
  let since: { offset: number; epoch: string } | undefined;
  const pages: number[][] = [];
  for (;;) {
    const { history } = (await probe.ask("history", { channel: "a", limit: -1, ...(since && { since }) })) as never;
    const { publications, epoch } = history as { publications: { offset: number }[]; epoch: string };
    const offsets = publications.map(({ offset }) => offset);
    if (offsets.length === 0) break;
    pages.push(offsets);
    since = { offset: offsets.at(-1) ?? 0, epoch };
  }
  expect(pages).toEqual([[1, 2], [3, 4], [5], [6]]);
});

test("[SU184] a presence that is too long is error 106, and never cut", async () => {
  await using server = await startOpenServer({ client: { presence_max_bytes: 450 } });
  const probes = await Promise.all([1, 2, 3, 4, 5].map(() => CentrifugeProbe.connect(server.ws)));
  const [first] = probes;
  if (!first) throw new Error("not connected");
  for (const [index, probe] of probes.entries()) {
    await probe.subscribe("a");
    const reply = await first.ask("presence", { channel: "a" });
    if (index < 4) expect(Object.keys((reply as never)["presence"]["presence"])).toHaveLength(index + 1);
    else expect(reply).toMatchObject(tooMuch);
  }
  expect(await first.ask("presence_stats", { channel: "a" })).toMatchObject({ presence_stats: { num_clients: 5 } });
  for (const probe of probes) probe[Symbol.dispose]();
});

test.each(["history", "presence"])(
  "[SU189] answers of %s over the rate of a connection or a user are error 111, also after a reconnect, until time has passed",
  async (query) => {
    const clock = new ManualClock();
    const client = { bytes_rate_limit: 1_000, bytes_burst_limit: 65_536 };
    const plain = { binary_size_limit: 65_536 };
    await using server = await startOpenServer({ client, plain }, { clock });
    await call(server.url, "publish", { channel: "a", data: "x".repeat(40_000) });
    const token = tokenFor({ sub: "seen", info: "x".repeat(9_800) });
    const seen = await Promise.all([1, 2, 3, 4].map(() => CentrifugeProbe.connect(server.ws, { token })));
    for (const probe of seen) await probe.subscribe("a");
    const connect = (sub: string) => CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub }) });
    const ask = async (probe: CentrifugeProbe) => {
      const { error } = await probe.ask(query, { channel: "a", limit: -1 });
      return error === undefined ? "answered" : (error as { code: number }).code;
    };
    const answers: unknown[] = [];
    for (let connections = 0; connections < 8; connections += 1) {
      using probe = await connect("ann");
      answers.push([await ask(probe), await ask(probe), await ask(probe)]);
    }
    // Eight times what one connection may: 524,288 bytes are fourteen answers of some 40,000.
    const both = ["answered", "answered", 111];
    expect(answers).toEqual([both, both, both, both, both, both, both, [111, 111, 111]]);
    using other = await connect("ben");
    expect(await ask(other)).toBe("answered");
    clock.advance(60_000);
    using again = await connect("ann");
    expect(await ask(again)).toBe("answered");
    for (const probe of seen) probe[Symbol.dispose]();
  },
);

test("[SU185] recoveries over the rate of a user are not recovered, also after a reconnect, until time has passed", async () => {
  const clock = new ManualClock();
  const client = { recovery_bytes_rate_limit: 1_000, recovery_bytes_burst_limit: 10_000 };
  await using server = await startOpenServer({ client, channel: { without_namespace: everything } }, { clock });
  for (let n = 0; n < 5; n += 1) await call(server.url, "publish", { channel: "a", data: "x".repeat(1_934) });
  const recover = async () => {
    using probe = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
    return (await probe.subscribe("a", { recover: true, offset: 0, epoch: "" }))["recovered"] === true;
  };
  const outcomes: boolean[] = [];
  for (let n = 0; n < 10; n += 1) outcomes.push(await recover());
  // Eight times what one connection may: eight recoveries of 10,000 bytes, 64 of each publication beside its data.
  expect(outcomes).toEqual([true, true, true, true, true, true, true, true, false, false]);
  using other = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ben" }) });
  expect(await other.subscribe("a", { recover: true, offset: 0, epoch: "" })).toMatchObject({ recovered: true });
  clock.advance(1_250);
  expect(await recover()).toBe(true);
});
