import { expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { type ByteBucket, BytesRate, type Sender } from "../../src/sockets/bytes-rate.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";

setDefaultTimeout(testTimeout);

/** Sends frames of `bytes` for as long as they are accepted, and returns how many bytes were. */
function accepted(rate: BytesRate, senders: readonly Sender[], now: number, bytes: number): number {
  let sum = 0;
  for (const sender of senders) while (rate.take(sender, now, bytes)) sum += bytes;
  return sum;
}

const senderOf = (id: string, limitKey: string | null): Sender => ({ id, limitKey, byteBucket: null });

test("a connection may send its burst, and then its rate", () => {
  const rate = new BytesRate({ limit: 1_000_000, burst: 5_000_000 }, () => "");
  const sender = senderOf("one", null);
  expect(accepted(rate, [sender], 0, 10_000)).toBe(5_000_000);
  expect(accepted(rate, [sender], 1_000, 10_000)).toBe(1_000_000);
  expect(accepted(rate, [sender], 100_000, 10_000)).toBe(5_000_000);
});

test("all connections of a user, or of an address, may send eight times that", () => {
  const users = ["ann", ""];
  const rate = new BytesRate({ limit: 1_000_000, burst: 1_000_000 }, (id) => users[Number(id) % 2] ?? "");
  const of = (parity: number, limitKey: string | null) =>
    Array.from({ length: 20 }, (_, index) => senderOf(String(2 * index + parity), limitKey));
  // What a connection has sent is counted in steps: each of the twenty may be one step over.
  const slack = 20 * 16_384;
  const near = (bytes: number) => [bytes >= 8_000_000, bytes <= 8_000_000 + slack];
  expect(near(accepted(rate, of(0, null), 0, 10_000))).toEqual([true, true]);
  expect(near(accepted(rate, of(1, "192.0.2.1"), 0, 10_000))).toEqual([true, true]);
  expect(accepted(rate, of(1, null), 0, 10_000)).toBe(20_000_000);
});

test("[SE29] frames of connections that send one each are of their user and of their address", () => {
  const rate = new BytesRate({ limit: 1_000_000, burst: 1_000_000 }, (id) => id.slice(0, 3));
  const taken = (user: string, limitKey: string | null) => {
    const senders = Array.from({ length: 500 }, (_, index) => senderOf(`${user}${index}`, limitKey));
    return senders.filter((sender) => rate.take(sender, 0, 20_000)).length;
  };
  expect(taken("ann", null)).toBe(400);
  expect(taken("bob", "192.0.2.1")).toBe(400);
});

test("buckets of users and addresses that have filled again are removed", () => {
  const rate = new BytesRate({ limit: 1_000_000, burst: 1_000_000 }, (id) => id);
  const bucket = (): ByteBucket => ({ tokens: 1_000_000, filledAt: 0, uncounted: 16_384 });
  for (let index = 0; index < 10_000; index += 1) {
    rate.take({ ...senderOf(`${index}`, `${index}`), byteBucket: bucket() }, index * 10_000, 1);
  }
  expect(rate.buckets).toBeLessThanOrEqual(4);
});

test("[SE29] commands in frames over the rate are error 111, and a connection that goes on is closed with 3013", async () => {
  const clock = new ManualClock();
  const client = { bytes_rate_limit: 10_000, bytes_burst_limit: 100_000 };
  await using server = await startOpenServer({ client, plain: { binary_size_limit: 65_536 } }, { clock });
  using probe = await CentrifugeProbe.connect(server.ws);
  const data = "x".repeat(40_000);
  const codes: unknown[] = [];
  for (let index = 0; index < 3; index += 1) {
    const { error } = (await probe.ask("publish", { channel: "a", data })) as { error?: { code: number } };
    codes.push(error?.code ?? 0);
  }
  expect(codes).toEqual([0, 0, 111]);
  clock.advance(4_000);
  expect(await probe.ask("publish", { channel: "a", data })).toHaveProperty("publish");
  for (let index = 0; index < 49; index += 1) probe.send(probe.command("publish", { channel: "a", data }));
  for (const heard of await probe.take(48)) expect(heard).toMatchObject({ error: { code: 111 } });
  expect(await probe.closed()).toEqual(disconnects.tooManyRequests);
  expect(await server.metric("chorus_limited_total")).toBe(50);
});

test("[SE29] frames of plain clients over the rate are dropped; one largest frame always fits", async () => {
  const clock = new ManualClock();
  const config = { client: { bytes_rate_limit: 1, bytes_burst_limit: 1 }, plain: { binary_size_limit: 65_536 } };
  await using server = await startOpenServer(config, { clock });
  using listener = await RawClient.open(`${server.ws}/ws?channel=a`);
  using client = await RawClient.open(`${server.ws}/ws?channel=a`);
  for (const text of ["y".repeat(65_536), "over", "over"]) client.sendText(text);
  expect(await listener.nextText()).toHaveLength(65_536);
  await server.untilMetric('chorus_dropped_total{reason="rate"}', 2);
});
