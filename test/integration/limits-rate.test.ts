import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { transports } from "../support/carriers.ts";
import { CentrifugeProbe, type Heard } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { HeldTokens } from "../support/held-tokens.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const tooMany = { code: 111, message: "too many requests", temporary: true };

/** The ids of replies, and of those that are error 111 the id below zero. */
function idsOf(heard: readonly Heard[]): number[] {
  return heard.flatMap((each) => {
    if (!("id" in each)) return [];
    return [JSON.stringify(each["error"]) === JSON.stringify(tooMany) ? -Number(each["id"]) : Number(each["id"])];
  });
}

const commands = (from: number, count: number, what: object) =>
  Array.from({ length: count }, (_, index) => ({ id: from + index, ...what }));

describe("commands over the rate", () => {
  test("[SU60] [T34] are answered with error 111 in their turn, also behind publications that wait for their commit", async () => {
    await using folder = await TemporaryFolder.create();
    const clock = new ManualClock();
    const client = { message_rate_limit: 10, message_burst_limit: 20 };
    await using server = await startOpenServer({ engine: folder.engine, client }, { clock });
    using probe = await CentrifugeProbe.connect(server.ws);
    probe.send(...commands(2, 25, { publish: { channel: "a", data: 1 } }));
    expect(idsOf(await probe.take(25))).toEqual([
      ...Array.from({ length: 19 }, (_, index) => index + 2),
      ...Array.from({ length: 6 }, (_, index) => -21 - index),
    ]);
    clock.advance(300);
    probe.send(...commands(40, 5, { publish: { channel: "a", data: 1 } }));
    expect(idsOf(await probe.take(5))).toEqual([40, 41, 42, -43, -44]);
  });

  test("[T34] wait behind a token that is looked at like all others", async () => {
    const clock = new ManualClock();
    const tokens = new HeldTokens();
    const client = { message_rate_limit: 10, message_burst_limit: 10 };
    const replace = { authenticator: tokens.authenticator };
    await using server = await startOpenServer({ client }, { clock, replace });
    using probe = await CentrifugeProbe.connect(server.ws);
    const token = tokenFor({ sub: "", channel: "a" });
    probe.send({ id: 2, subscribe: { channel: "a", token } }, ...commands(3, 12, { presence: { channel: "a" } }));
    const held = await tokens.next();
    expect(await probe.rest()).toEqual([]);
    held.release();
    expect(idsOf(await probe.take(13))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, -11, -12, -13, -14]);
  });

  test("[T34] close the connection with 3013 at the fiftieth in a row, and others do not notice", async () => {
    const clock = new ManualClock();
    const client = { message_rate_limit: 10, message_burst_limit: 10 };
    await using server = await startOpenServer({ client }, { clock });
    using bystander = await CentrifugeProbe.connect(server.ws);
    using probe = await CentrifugeProbe.connect(server.ws);
    probe.send(...commands(2, 9 + 50, { rpc: { method: "x" } }));
    const heard = await probe.take(9 + 49 + 1);
    expect(idsOf(heard).filter((id) => id < 0).length).toBe(49);
    expect(heard.at(-1)).toEqual({ closed: { code: 3013, reason: "too many requests" } });
    expect(await bystander.ask("presence_stats", { channel: "a" })).toHaveProperty("presence_stats");
    expect(await server.metric("chorus_limited_total")).toBeGreaterThanOrEqual(50);
  });

  test.each([
    [128, 256],
    [300, 300],
  ])(
    "[SU63] subscribes have a rate of their own: with %d channels, behind the first %d: error 111",
    async (limit, burst) => {
      const clock = new ManualClock();
      const client = { subscribe_rate_limit: 5, channel_limit: limit };
      await using server = await startOpenServer({ client }, { clock });
      using probe = await CentrifugeProbe.connect(server.ws);
      const churn = async (from: number, count: number) => {
        for (let id = from; id < from + count; id += 1) {
          probe.send({ id, subscribe: { channel: "nope:a" } });
        }
        return idsOf(await probe.take(count));
      };
      const first = await churn(1_000, burst + 2);
      expect(first.filter((id) => id < 0)).toEqual([-1_000 - burst, -1_001 - burst]);
      clock.advance(600);
      expect(await churn(2_000, 5)).toEqual([2_000, 2_001, 2_002, -2_003, -2_004]);
      // Other commands go on.
      expect(await probe.ask("presence_stats", { channel: "a" })).toHaveProperty("presence_stats");
    },
  );
});

describe("a client with all its channels", () => {
  test("[SU64] connects in one frame with all its subscribes, on every reconnect", async () => {
    const count = 400;
    const client = { channel_limit: count, subscribe_rate_limit: 1, message_rate_limit: 1, message_burst_limit: 1_000 };
    await using server = await startOpenServer({ client }, { clock: new ManualClock() });
    const subscribes = Array.from({ length: count }, (_, id) => ({ id: id + 2, subscribe: { channel: `c${id}` } }));
    for (let connection = 0; connection < 2; connection += 1) {
      using probe = await CentrifugeProbe.open(server.ws);
      probe.send({ id: 1, connect: { token: tokenFor({ sub: "ann" }) } }, ...subscribes);
      const replies = await probe.take(count + 1);
      expect(replies.filter((reply) => !("connect" in reply || "subscribe" in reply))).toEqual([]);
      probe.send(...subscribes, ...subscribes.slice(0, 1), { id: 1, connect: {} });
      await probe.take(count + 1);
      expect(await probe.closed()).toMatchObject({ code: 3501 });
    }
  });

  test.each(transports)(
    "[SU64] over %s one with 2,000 channels does, with the sizes that are the defaults",
    async (transport) => {
      const count = 2_000;
      const [sse, http_stream] = [{ enabled: true }, { enabled: true }];
      await using server = await startOpenServer({ client: { channel_limit: count }, sse, http_stream });
      using probe = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) }, { transport });
      const recover = { recover: true, epoch: "aaaaaaaa", offset: 1_000 };
      probe.send(
        ...Array.from({ length: count }, (_, id) => ({
          id: id + 2,
          subscribe: { channel: `a channel with a name of some length ${id}`, ...recover },
        })),
      );
      const replies = await probe.take(count);
      expect(replies.filter((reply) => !("subscribe" in reply))).toEqual([]);
    },
  );
});
