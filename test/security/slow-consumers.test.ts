import { expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { everyoneIn } from "../../src/delivery/subscribers.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { ManualClock } from "../support/clock.ts";
import { clientFrame, closeOf, opcodes } from "../support/frames.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

const megabyte = 1_048_576;
const config = { plain: { queue_max_size: 2 * megabyte, binary_size_limit: megabyte } };

/** A message of a megabyte that begins with its number. */
function numbered(number: number): Buffer {
  const bytes = Buffer.alloc(megabyte);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** A channel with one who speaks, one who listens, and one who has stopped reading. */
async function room(server: TestServer) {
  const url = `${server.ws}/ws?channel=slow`;
  const [speaker, listener, stalled] = [
    await RawClient.open(url),
    await RawClient.open(url),
    await RawClient.open(url),
  ];
  speaker.sendText("all here");
  expect([await listener.nextText(), await stalled.nextText()]).toEqual(["all here", "all here"]);
  stalled.pause();
  let last = 0;
  return {
    stalled,
    /** Says one more thing, and waits until it was heard by the one who listens. */
    say: async () => {
      last += 1;
      speaker.sendFrame(opcodes.binary, numbered(last));
      expect((await listener.nextFrame()).payload.readUInt32BE()).toBe(last);
      return last;
    },
    [Symbol.dispose]: () => {
      for (const client of [speaker, listener, stalled]) client[Symbol.dispose]();
    },
  };
}

/** Reads what was queued: numbers from 1, without a gap, then the close frame. Answers with the last number. */
async function readQueue(stalled: RawClient, disconnect: { code: number; reason: string }): Promise<number> {
  stalled.resume();
  for (let number = 1; ; number += 1) {
    const frame = await stalled.nextFrame();
    if (frame.opcode === opcodes.close) {
      expect(closeOf(frame)).toEqual(disconnect);
      expect(await stalled.ended()).toBe("fin");
      return number - 1;
    }
    expect(frame.payload.readUInt32BE()).toBe(number);
  }
}

test("[SE16] [T58] a client that stops reading gets all up to a point, then 3008; nobody else notices", async () => {
  await using server = await startTestServer(config);
  await amongBystanders(server.ws, async () => {
    using channel = await room(server);
    while ((await server.metric("chorus_connections_slow_total")) === 0) expect(await channel.say()).toBeLessThan(100);
    const saidLater = [await channel.say(), await channel.say(), await channel.say()];
    const read = await readQueue(channel.stalled, disconnects.slow);
    expect(read).toBeLessThan(saidLater[0] ?? 0);
    expect(await server.log.next("connection.closed")).toMatchObject({ code: 3008 });
  });
  expect(await server.metric('chorus_connections_closed_total{code="3008"}')).toBe(1);
  expect(await server.metric("chorus_stalled")).toBe(0);
});

/** Both queues are far off; what ends a client here is time. */
const patient = {
  client: { write_stall_timeout: "10s" },
  plain: { queue_max_size: 100 * megabyte, binary_size_limit: megabyte },
};

/** Speaks until the kernel takes no more for the one who does not read; a channel is looked through ten times a second. */
async function sayUntilStalled(server: TestServer, clock: ManualClock, say: () => Promise<number>): Promise<void> {
  while ((await server.metric("chorus_stalled")) === 0) {
    expect(await say()).toBeLessThan(100);
    clock.advance(100);
  }
}

test("[SE16] [T58] a client that takes nothing of what is queued for ten seconds is slow as well", async () => {
  const clock = new ManualClock();
  await using server = await startTestServer(patient, { clock });
  await amongBystanders(server.ws, async () => {
    using channel = await room(server);
    await sayUntilStalled(server, clock, channel.say);
    clock.advance(9_000);
    const said = await channel.say();
    expect(await server.metric("chorus_connections_slow_total")).toBe(0);
    clock.advance(1_000);
    await server.untilMetric("chorus_connections_slow_total", 1);
    await channel.say();
    expect(await readQueue(channel.stalled, disconnects.slow)).toBe(said);
  });
});

test("[SE16] [T58] one that never reads again is cut off ten seconds later, and leaves nothing behind", async () => {
  const clock = new ManualClock();
  const count = 10;
  await using server = await startTestServer(patient, { clock });
  await amongBystanders(
    server.ws,
    async () => {
      using channel = await room(server);
      await sayUntilStalled(server, clock, channel.say);
      clock.advance(10_000);
      await server.untilMetric("chorus_connections_slow_total", 1);
      expect(await server.metric("chorus_sockets")).toBe(count + 3);
      clock.advance(10_000);
      expect(await server.log.next("connection.closed")).toMatchObject({ code: 3008 });
      expect(await server.metric("chorus_sockets")).toBe(count + 2);
      expect(await server.metric("chorus_stalled")).toBe(0);
    },
    { count },
  );
});

test("[SE35] [T58] what waits for a client is never far over its limit, however fast others publish", async () => {
  // The clock stands still: what the server does from time to time it does not do.
  await using server = await startTestServer(config, { clock: new ManualClock() });
  using channel = await room(server);
  const { subscribers, broker, counters } = server.node;
  const frame = new Uint8Array(megabyte / 16);
  const draft = { channel: "slow", data: { kind: "binary" as const, bytes: frame }, exclude: null, history: null };
  let most = 0;
  for (let published = 0; counters.slow === 0 && published < 1_000; published += 1) {
    broker.publish(draft, null);
    await new Promise(setImmediate);
    const slow = subscribers.get("slow");
    for (const [subscriber] of slow ? everyoneIn(slow) : []) most = Math.max(most, subscriber.unsent());
  }
  expect(counters.slow).toBe(1);
  expect(most).toBeLessThan(config.plain.queue_max_size + megabyte / 2);
  channel.stalled.resume();
});

test("[SE64] the largest queue is closed first when all queues together are over their bound", async () => {
  const config = { plain: { queue_max_size: 8 * megabyte }, client: { total_queue_max_size: 6 * megabyte } };
  await using server = await startTestServer(config);
  using first = await RawClient.open(`${server.ws}/ws?channel=first`);
  using second = await RawClient.open(`${server.ws}/ws?channel=second`);
  for (const client of [first, second]) client.pause();
  const publish = (channel: string) =>
    server.node.broker.publish(
      { channel, data: { kind: "binary", bytes: numbered(1) }, exclude: null, history: null },
      null,
    );
  const queued = (channel: string) => {
    const found = server.node.subscribers.get(channel);
    return found ? [...everyoneIn(found)].reduce((sum, [subscriber]) => sum + subscriber.unsent(), 0) : 0;
  };
  await server.log.next("connection.authenticated", { dialect: "plain" });
  await server.log.next("connection.authenticated", { dialect: "plain" });
  while (queued("second") < 2 * megabyte) publish("second");
  while (server.node.counters.slow === 0) publish("first");
  server.node.slow.sweep();
  expect([server.node.subscribers.count("first"), server.node.subscribers.count("second")]).toEqual([0, 1]);
  first.resume();
  for (let frame = await first.nextFrame(); ; frame = await first.nextFrame()) {
    if (frame.opcode !== opcodes.close) continue;
    expect(closeOf(frame)).toEqual(disconnects.slow);
    break;
  }
});

test("[SE65] a client that sends pings and reads no pongs is closed with 3008", async () => {
  const client = { message_rate_limit: 0, queue_max_size: 65_536 };
  await using server = await startTestServer({ client });
  using raw = await RawClient.open(`${server.ws}/connection/websocket`);
  raw.pause();
  const pings = Buffer.concat(Array.from({ length: 1_000 }, () => clientFrame(opcodes.ping, "x".repeat(125))));
  while (server.node.counters.slow === 0) {
    raw.write(pings);
    await new Promise(setImmediate);
  }
  expect(server.node.counters.slow).toBe(1);
  raw.resume();
  for (let frame = await raw.nextFrame(); frame.opcode !== opcodes.pong; frame = await raw.nextFrame());
});
