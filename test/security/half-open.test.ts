import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { deadlineResolution } from "../../actors/deadlines.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { ManualClock } from "../support/clock.ts";
import { opcodes } from "../support/frames.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

/** The defaults of `plain.ping_interval` and `plain.pong_timeout`. */
const pingInterval = 25_000;
const pongTimeout = 60_000;

async function start() {
  const clock = new ManualClock();
  return { clock, server: await startTestServer({}, { clock }) };
}

/** Reads the server's ping and sends nothing back. */
async function expectPing(client: RawClient): Promise<Buffer> {
  const frame = await client.nextFrame();
  expect(frame.opcode).toBe(opcodes.ping);
  return frame.payload;
}

describe("clients that have gone without a word (T59)", () => {
  test("[SE17] [T59] one that answers no ping is closed with 3012, although it is still sent to", async () => {
    const { clock, server } = await start();
    await using _ = server;
    await amongBystanders(server.ws, async () => {
      using gone = await RawClient.open(`${server.ws}/ws?channel=gone`);
      using speaker = await RawClient.open(`${server.ws}/ws?channel=gone`);
      clock.advance(pingInterval);
      await expectPing(gone);
      await expectPing(speaker);
      // The speaker sends no pong either: anything that is heard of it is a sign of life.
      clock.advance(pongTimeout / 2);
      speaker.sendText("are you there?");
      expect(await gone.nextText()).toBe("are you there?");
      clock.advance(pongTimeout / 2);
      expect(await gone.closed()).toEqual(disconnects.noPong);
      expect(await gone.ended()).toBe("fin");
      expect(await server.log.next("connection.closed")).toMatchObject({ code: 3012 });
    });
    expect(await server.metric('chorus_connections_closed_total{code="3012"}')).toBe(1);
  });

  test("[SE17] [T59] one that answers its pings stays, however long it says nothing else", async () => {
    const { clock, server } = await start();
    await using _ = server;
    using client = await RawClient.open(`${server.ws}/ws`);
    using listener = await RawClient.open(`${server.ws}/ws`);
    for (let round = 0; round < 8; round += 1) {
      clock.advance(pingInterval);
      for (const one of [client, listener]) {
        one.sendFrame(opcodes.pong, await expectPing(one));
        // The answer to a ping of its own shows that the server has read the pong.
        one.sendFrame(opcodes.ping, "read?");
        expect((await one.nextFrame()).opcode).toBe(opcodes.pong);
      }
    }
    client.sendText("still here");
    expect(await listener.nextText()).toBe("still here");
    expect(server.log.count("connection.closed")).toBe(0);
  });
});

describe("a process that was held up (F15)", () => {
  test("[SE24] [F15] pongs that waited in the kernel while the process stood still save their clients", async () => {
    const { clock, server } = await start();
    await using _ = server;
    const open = () => RawClient.open(`${server.ws}/ws?channel=blocked`);
    const clients = await Promise.all(Array.from({ length: 20 }, open));
    clock.advance(pingInterval);
    const pings = await Promise.all(clients.map(expectPing));
    // All in one turn of the event loop: the answers are sent, and far more time passes than a pong may take.
    for (const [index, client] of clients.entries()) client.sendFrame(opcodes.pong, pings[index]);
    clock.advance(10 * pongTimeout);
    // The sweep is due before anything is read.
    Bun.sleepSync(2 * deadlineResolution);
    const [speaker, ...others] = clients;
    speaker?.sendText("nobody was taken for dead");
    for (const one of others) {
      let frame = await one.nextFrame();
      // The next ping came in the meantime.
      if (frame.opcode === opcodes.ping) frame = await one.nextFrame();
      expect(frame.payload.toString()).toBe("nobody was taken for dead");
    }
    for (const client of clients) client[Symbol.dispose]();
    expect(server.log.count("connection.closed")).toBe(0);
  });
});
