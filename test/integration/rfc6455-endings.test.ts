import { expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { clientFrame, opcodes, textFrame } from "../support/frames.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

const departures: [name: string, leave: (client: RawClient) => void][] = [
  ["ends its side of TCP", (client) => client.finish()],
  ["resets TCP", (client) => client.reset()],
  [
    "ends amid a frame's header",
    (client) => {
      client.write(textFrame("hello").subarray(0, 3));
      client.finish();
    },
  ],
  [
    "ends amid a frame's payload",
    (client) => {
      client.write(textFrame("hello").subarray(0, 8));
      client.finish();
    },
  ],
  [
    "resets amid a fragmented message",
    (client) => {
      client.write(textFrame("hello", { fin: false }));
      client.reset();
    },
  ],
];

test.each(departures)("[WS20] a client that %s is forgotten with 1006, and others are served on", async (_, leave) => {
  await using server = await startTestServer();
  using listener = await RawClient.open(`${server.ws}/ws`);
  using client = await RawClient.open(`${server.ws}/ws`);
  client.sendText("here");
  expect(await listener.nextText()).toBe("here");
  leave(client);
  expect(await server.log.next("connection.closed")).toMatchObject({ code: 1006 });
  expect(await server.metric('chorus_connections_closed_total{code="1006"}')).toBe(1);
  expect(await server.metric("chorus_sockets")).toBe(1);
  using next = await RawClient.open(`${server.ws}/ws`);
  next.sendText("still served");
  expect(await listener.nextText()).toBe("still served");
});

test("[WS24] the server's own close carries its code, and nothing is read after it", async () => {
  await using server = await startTestServer({ plain: { text_size_limit: 10 } });
  using listener = await RawClient.open(`${server.ws}/ws`);
  using client = await RawClient.open(`${server.ws}/ws`);
  client.write(
    Buffer.concat([
      textFrame("before"),
      textFrame("x".repeat(11)),
      textFrame("late"),
      clientFrame(opcodes.binary, "late"),
    ]),
  );
  expect(await client.closed()).toEqual(disconnects.tooBig);
  expect(await client.ended()).toBe("fin");
  expect(await listener.nextText()).toBe("before");
  using next = await RawClient.open(`${server.ws}/ws`);
  next.sendText("next");
  expect(await listener.nextText()).toBe("next");
});

test("[WS24] a client that answers the server's close is not cut off before it has read it", async () => {
  await using server = await startTestServer({ plain: { text_size_limit: 10 } });
  using client = await RawClient.open(`${server.ws}/ws`);
  client.write(textFrame("x".repeat(11)));
  const frame = await client.nextFrame();
  expect(frame.opcode).toBe(opcodes.close);
  client.sendFrame(opcodes.close, frame.payload);
  expect(await client.ended()).toBe("fin");
});
