import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Centrifuge } from "centrifuge/build/protobuf";
import type { Inbox } from "../../src/messages/inbox.ts";
import { startApi } from "../support/api.ts";
import type { Heard } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import type { Probe } from "../support/probe.ts";
import { acknowledge, acknowledged, delivered, inboxWith, onDevice, outcomes, push, send } from "./inbox-fixture.ts";

setDefaultTimeout(testTimeout);

describe("devices", () => {
  test("[IN6] each device receives a message per device, named by the token or by the connect data", async () => {
    await using api = await startApi();
    const phone = await onDevice(api, "phone");
    const { id, connections } = await send(api, { ...acknowledged, per: "device", data: 1 });
    expect([connections, await phone.rest()]).toEqual([1, [push(id, 1)]]);
    await acknowledge(phone, [id]);
    // The claim counts more than the data, which a client may choose.
    const laptop = await onDevice(api, "phone", { device: "laptop" });
    expect(await laptop.rest()).toEqual([push(id, 1)]);
    await acknowledge(laptop, [id]);
    for (const [device, claims] of [
      ["phone", {}],
      ["x", { device: "laptop" }],
    ] as const) {
      expect(await (await onDevice(api, device, claims)).rest()).toEqual([]);
    }
    // What is no name of a device is that of connections without one.
    for (const device of ["", "é".repeat(33), 5 as never]) {
      const probe = await onDevice(api, device);
      expect(await probe.rest()).toEqual(device === "" ? [push(id, 1)] : []);
      await acknowledge(probe, [id]);
    }
    const seen = (await outcomes(api, id, 4)).map(({ outcome }) => outcome);
    expect(seen.filter((outcome) => outcome === "acknowledged")).toHaveLength(3);
  });
});

describe("what waits for a user", () => {
  test("[IN7] has one order, whatever is promised of each", async () => {
    await using api = await startApi();
    const first = await send(api, { ...acknowledged, data: 1 });
    await api.call("send", { user: "ann", data: 2, ttl: "1h" });
    const third = await send(api, { ...delivered, per: "device", data: 3 });
    await api.call("send", { user: "ann", data: 4, queue_ttl_s: 60 });
    const ann = await api.centrifuge("ann");
    const fifth = await send(api, { ...acknowledged, data: 5 });
    expect(await ann.rest()).toEqual([
      push(first.id, 1),
      { push: { message: { data: 2 } } },
      push(third.id, 3),
      { push: { message: { data: 4 } } },
      push(fifth.id, 5),
    ] as Heard[]);
  });

  test("[IN11] what is sent while the inbox is read for a connection reaches it", async () => {
    const [reading, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const late = (own: Inbox) =>
      inboxWith(own, {
        take: async (take) => {
          const taken = await own.take(take);
          reading.resolve();
          await read.promise;
          return taken;
        },
      });
    await using api = await startApi({}, { replace: { inbox: late } });
    const first = await send(api, { ...acknowledged, data: 1 });
    const ann = await api.centrifuge("ann");
    await reading.promise;
    const second = await send(api, { ...acknowledged, data: 2 });
    read.resolve();
    expect([await ann.next(), await ann.next()]).toEqual([push(first.id, 1), push(second.id, 2)]);
  });

  test("[IN13] waits longer where the user was sent as much as the bytes rate allows, also after a reconnect", async () => {
    const clock = new ManualClock();
    const client = { bytes_rate_limit: 1_000, bytes_burst_limit: 65_536 };
    await using api = await startApi({ client, plain: { binary_size_limit: 65_536 } }, { clock });
    const data = "x".repeat(60_000);
    const { id } = await send(api, { ...acknowledged, data });
    // Eight times what one connection may: 524,288 bytes.
    for (let connections = 0; connections < 9; connections += 1) {
      using ann = await api.centrifuge("ann");
      expect(await ann.next()).toEqual(push(id, data));
    }
    using late = await api.centrifuge("ann");
    expect(await late.rest()).toEqual([]);
    clock.advance(60_000);
    expect(await late.next()).toEqual(push(id, data));
    await acknowledge(late, [id]);
  });

  test("[AP83] comes in slices, whatever its letters take in the file", async () => {
    await using api = await startApi({ push_queue: { size: 400 } });
    const text = "\u00e9".repeat(1_000);
    for (let n = 0; n < 400; n += 1) await api.api.send({ user: "ann" }, `${n} ${text}`, { until: "acknowledged" });
    const ann = await api.centrifuge("ann");
    const heard = await ann.take(400);
    expect(heard.map((each) => JSON.stringify(each).match(/"(\d+) /)?.[1])).toEqual(
      Array.from({ length: 400 }, (_, n) => `${n}`),
    );
  });

  test("[IN8] is bounded for each user, and expires after its time or the longest one", async () => {
    const clock = new ManualClock();
    await using api = await startApi({ push_queue: { size: 2, ttl: "1h" } }, { clock });
    const short = await send(api, { ...acknowledged, data: 1, ttl: "10s" });
    const long = await send(api, { ...delivered, data: 2 });
    const { json } = await api.call("send", { ...acknowledged, data: 3 });
    expect(json.error).toEqual({ code: 106, message: "limit exceeded: too many messages wait" });
    clock.advance(10_000);
    expect((await outcomes(api, short.id, 2)).at(-1)).toMatchObject({ outcome: "expired", user: "ann", key: "" });
    clock.advance(3_590_000);
    expect((await outcomes(api, long.id, 2)).at(-1)).toMatchObject({ outcome: "expired", connections: 0 });
    expect(await (await api.centrifuge("ann")).rest()).toEqual([]);
  });

  test("[AP23] a request that contradicts itself is error 107 with the field", async () => {
    await using api = await startApi();
    const cases: readonly (readonly [object, string])[] = [
      [{ user: "ann", per: "device" }, "per: expected until"],
      [{ user: "ann", until: "read" }, "until: expected delivered or acknowledged"],
      [{ ...acknowledged, per: "phone" }, "per: expected user or device"],
      [{ ...acknowledged, client: "c" }, "client: expected none"],
      [{ client: "c", until: "delivered" }, "user: expected a user"],
      [{ ...acknowledged, ttl: "0s" }, "ttl: expected time to wait"],
      [{ ...acknowledged, ttl: "1s", queue_ttl_s: 1 }, "ttl: expected either"],
      [{ ...acknowledged, untill: "delivered" }, "untill: unknown field, the nearest is until"],
    ];
    for (const [body, words] of cases) {
      const { error } = (await api.call("send", { data: 1, ...body })).json;
      expect([error?.code, error?.message]).toEqual([107, expect.stringContaining(words)]);
    }
  });

  test("a repeated key answers with the same id, and sends nothing more", async () => {
    await using api = await startApi();
    const ann = await api.centrifuge("ann");
    const once = { ...acknowledged, data: 1, idempotency_key: "k" };
    const [first, second] = [await send(api, once), await send(api, once)];
    expect(second).toEqual(first);
    expect(await ann.rest()).toEqual([push(first.id, 1)]);
  });

  test("[IN12] a key that is repeated before its first send is answered sends one message", async () => {
    const asked = Promise.withResolvers<void>();
    let recalls = 0;
    const late = (own: Inbox) =>
      inboxWith(own, {
        recall: async (key) => {
          const known = await own.recall(key);
          recalls += 1;
          if (recalls === 6) asked.resolve();
          await asked.promise;
          return known;
        },
      });
    await using api = await startApi({}, { replace: { inbox: late } });
    const bob = await api.centrifuge("bob");
    const once = { ...acknowledged, data: 1, idempotency_key: "k" };
    const toBob = { user: "bob", data: 2, idempotency_key: "k" };
    const sent = await Promise.all([once, once, once, toBob, toBob, toBob].map((body) => send(api, body)));
    expect(new Set(sent.map((each) => JSON.stringify(each))).size).toBe(2);
    const ann = await api.centrifuge("ann");
    expect(await ann.rest()).toEqual([push(sent[0]?.id ?? "", 1)]);
    expect(await bob.rest()).toEqual([{ push: { message: { data: 2 } } } as Heard]);
  });

  test("a client of the encoding in Protobuf receives it as JSON in bytes, and acknowledges it", async () => {
    await using api = await startApi();
    const { id } = await send(api, { ...acknowledged, data: { n: 1 } });
    const ann = new Centrifuge(`${api.ws}/connection/websocket`, { token: tokenFor({ sub: "ann" }) });
    const pushed = new Promise<Uint8Array>((resolve) => ann.on("message", ({ data }) => resolve(data)));
    ann.connect();
    expect(JSON.parse(new TextDecoder().decode(await pushed))).toEqual({ id, data: { n: 1 } });
    await ann.rpc("chorus:ack", new TextEncoder().encode(JSON.stringify({ ids: [id] })));
    ann.disconnect();
    expect((await outcomes(api, id, 2)).at(-1)).toMatchObject({ outcome: "acknowledged" });
  });

  test("bytes are base64 in the data of a kept message, also for a plain client", async () => {
    await using api = await startApi();
    const plain: Probe = await api.plain("ann");
    const { id } = await send(api, { ...acknowledged, b64data: Buffer.from([0, 255]).toString("base64") });
    expect(JSON.parse(await plain.nextText())).toEqual({ id, data: "AP8=" });
  });

  test("a call in this process has the same options, and durations", async () => {
    await using api = await startApi();
    const ann = await api.centrifuge("ann");
    const sent = await api.api.send({ user: "ann" }, "hi", { until: "acknowledged", per: "device", ttl: "24h" });
    expect(await ann.rest()).toEqual([push(sent.id ?? "", "hi")]);
    expect((await outcomes(api, sent.id ?? "", 1))[0]).toMatchObject({ key: "", connections: 1, outcome: "ok" });
    const refused = api.api.send({ user: "ann" }, 1, { ttl: "1h", queueTtl: 5 });
    expect(refused).rejects.toMatchObject({ code: 107, message: expect.stringContaining("ttl: expected either") });
    expect(api.api.send({ user: "ann" }, 1, { ttl: "soon" })).rejects.toMatchObject({ code: 107 });
    expect(await api.api.send({ user: "bob" }, 1, { ttl: 60_000 })).toEqual({ connections: 0, queued: true });
  });
});
