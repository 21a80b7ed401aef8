import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { startApi } from "../support/api.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import type { JsonObject } from "../support/json.ts";
import { testTimeout } from "../support/patience.ts";
import { freshPushPath } from "../support/push-path.ts";
import { acknowledge, acknowledged, delivered, outcomes, push, quiet, send } from "./inbox-fixture.ts";

setDefaultTimeout(testTimeout);

describe("a message that is kept until it is acknowledged", () => {
  test("[IN1] it has an id, waits for its user, and is sent to each connection until one has acknowledged it", async () => {
    const path = freshPushPath();
    const before = await startApi({ push_log: { path } });
    const sent = await send(before, { ...acknowledged, data: { n: 1 } });
    expect(sent).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), connections: 0, queued: true });
    await before.stop();
    await using api = await startApi({ push_log: { path } });
    const [first, second] = [await api.centrifuge("ann"), await api.centrifuge("ann")];
    expect([await first.rest(), await second.rest()]).toEqual(Array(2).fill([push(sent.id, { n: 1 })]));
    expect(await acknowledge(second, [sent.id])).toEqual({ id: 2, rpc: { data: {} } });
    const third = await api.centrifuge("ann");
    expect(await third.rest()).toEqual([]);
    const [queued, done] = await outcomes(api, sent.id, 2);
    expect(queued).toMatchObject({ key: "default", outcome: "queued", queued: true, connections: 0 });
    expect(done).toMatchObject({ key: "", outcome: "acknowledged", client: second.client, user: "ann", bytes: 7 });
  });

  test("[IN2] it is sent again to the same connection after 30 s, with the same id, later each time, until it is acknowledged", async () => {
    const clock = new ManualClock();
    await using api = await startApi(quiet, { clock });
    const ann = await api.centrifuge("ann");
    const { id } = await send(api, { ...acknowledged, data: "1" });
    expect(await ann.rest()).toEqual([push(id, "1")]);
    for (const delay of [30_000, 60_000, 120_000]) {
      clock.advance(delay - 1);
      api.node.sweep();
      expect(await ann.rest()).toEqual([]);
      clock.advance(1);
      api.node.sweep();
      expect(await ann.rest()).toEqual([push(id, "1")]);
    }
    await acknowledge(ann, [id]);
    clock.advance(3_600_000);
    api.node.sweep();
    expect((await ann.rest()).filter((heard) => "push" in heard)).toEqual([]);
  });

  test("[IN3] the calls of chorus:ack are checked, and never reach a hook", async () => {
    await using api = await startApi({
      rpc: { proxy: { endpoint: "http://127.0.0.1:1" }, without_namespace: { proxy_enabled: true } },
    });
    const ann = await api.centrifuge("ann");
    const errors: readonly (readonly [JsonObject, string])[] = [
      [{ ids: [], id: "1" }, "id: unknown field, the nearest is ids"],
      [{ ids: "1" }, "ids: expected at most 1000 ids of at most 64 characters"],
      [{ ids: Array(1_001).fill("1") }, "ids: expected at most 1000 ids of at most 64 characters"],
      [{ ids: ["x".repeat(65)] }, "ids: expected at most 1000 ids of at most 64 characters"],
      [{}, "ids: expected at most 1000 ids of at most 64 characters"],
    ];
    for (const [data, words] of errors) {
      const { error } = await ann.ask("rpc", { method: "chorus:ack", data });
      expect(error).toEqual({ code: 107, message: `bad request: ${words}` });
    }
    expect(await ann.ask("rpc", { method: "chorus:ack" })).toMatchObject({ error: { code: 107 } });
    expect(await acknowledge(ann, ["no such message"])).toMatchObject({ rpc: {} });
    const nobody = await CentrifugeProbe.connect(api.ws);
    expect(await acknowledge(nobody, [])).toMatchObject({ error: { code: 108 } });
  });
});

describe("a message that is kept until it is delivered", () => {
  test("[IN4] it is delivered when a command came after it was written, and nothing more is sent", async () => {
    await using api = await startApi(quiet);
    const ann = await api.centrifuge("ann");
    const { id, ...rest } = await send(api, { ...delivered, data: 1 });
    expect(rest).toEqual({ connections: 1, queued: false });
    expect(await ann.rest()).toEqual([push(id, 1)]);
    api.node.sweep();
    expect(await (await api.centrifuge("ann")).rest()).toEqual([push(id, 1)]);
    await ann.ask("presence_stats", { channel: "news" });
    const entries = await outcomes(api, id, 2);
    expect(entries.map(({ outcome, client }) => [outcome, client])).toEqual([
      ["ok", undefined],
      ["delivered", ann.client],
    ]);
    expect(await (await api.centrifuge("ann")).rest()).toEqual([]);
  });

  for (const protocol of ["centrifuge", "plain"] as const) {
    test(`[IN4] a pong of a ${protocol} client proves it too`, async () => {
      const clock = new ManualClock();
      const pings = { interval: "1s", timeout: "500ms" };
      await using api = await startApi(
        {
          client: { ping_interval: pings.interval, pong_timeout: pings.timeout },
          plain: { ping_interval: pings.interval, pong_timeout: pings.timeout },
        },
        { clock },
      );
      const ann = await api[protocol]("ann");
      const { id } = await send(api, { ...delivered, data: 1 });
      const pushed = await ann.next();
      expect(typeof pushed === "string" ? JSON.parse(pushed) : pushed).toMatchObject(
        protocol === "plain" ? { id, data: 1 } : (push(id, 1) as JsonObject),
      );
      clock.advance(1_000);
      expect((await outcomes(api, id, 2)).map(({ outcome }) => outcome)).toEqual(["ok", "delivered"]);
    });
  }

  test("[IN4] the log counts the connections that have it", async () => {
    await using api = await startApi(quiet);
    const probes = [await api.centrifuge("ann"), await api.centrifuge("ann")];
    const { id } = await send(api, { ...delivered, data: 1 });
    for (const [index, probe] of probes.entries()) {
      expect(await probe.rest()).toEqual([push(id, 1)]);
      await probe.ask("presence_stats", { channel: "news" });
      await outcomes(api, id, 2 + index);
    }
    const entries = (await outcomes(api, id, 3)).map(({ outcome, client, connections }) => [
      outcome,
      client,
      connections,
    ]);
    expect(entries).toEqual([
      ["ok", undefined, 2],
      ["delivered", probes[0]?.client, 1],
      ["delivered", probes[1]?.client, 2],
    ]);
  });

  test("[IN5] to a frozen client it is never delivered, and the next connection receives it", async () => {
    await using api = await startApi(quiet);
    const frozen = await api.centrifuge("ann");
    frozen.pause();
    const { id } = await send(api, { ...delivered, data: 1 });
    const other = await api.centrifuge("ann");
    expect(await other.rest()).toEqual([push(id, 1)]);
    api.node.sweep();
    frozen[Symbol.dispose]();
    await other.ask("presence_stats", { channel: "news" });
    const entries = await outcomes(api, id, 2);
    expect(entries.slice(1).map(({ client }) => client)).toEqual([other.client]);
  });
});
