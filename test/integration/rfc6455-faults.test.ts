import { expect, setDefaultTimeout, test } from "bun:test";
import { clientFrame, opcodes, textFrame } from "../support/frames.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

/** One frame of each kind that RFC 6455 forbids, and the code that it costs. Bun's parser has its own suite for the rest. */
const faults: readonly [name: string, frame: Uint8Array, code: number][] = [
  ["is not masked (5.1)", textFrame("x", { mask: null }), 1002],
  ["sets a reserved bit (5.2)", textFrame("x", { rsv: 4 }), 1002],
  ["has a reserved opcode (5.2)", clientFrame(3, "x"), 1002],
  ["declares a length beyond every limit (5.2)", textFrame("x", { lengthBits: 64, declaredLength: 1n << 63n }), 1009],
  ["continues nothing (5.4)", clientFrame(opcodes.continuation, "x"), 1002],
  ["is a fragmented ping (5.5)", clientFrame(opcodes.ping, "x", { fin: false }), 1002],
  ["is text and not UTF-8 (8.1)", textFrame(Buffer.of(0xc0, 0x80)), 1007],
  ["closes with a code that may not be sent (7.4)", clientFrame(opcodes.close, Buffer.of(0x03, 0xee)), 1002],
];

test.each(faults)(
  "[WS6] a client whose frame %s is closed and forgotten, and others are served",
  async (_, frame, code) => {
    await using server = await startTestServer();
    using listener = await RawClient.open(`${server.ws}/ws`);
    using client = await RawClient.open(`${server.ws}/ws`);
    client.write(Buffer.concat([textFrame("before"), frame, textFrame("after")]));
    expect(await client.closed()).toMatchObject({ code });
    expect(await listener.nextText()).toBe("before");
    await server.untilMetric(`chorus_connections_closed_total{code="${code}"}`, 1);
    expect(await server.metric("chorus_sockets")).toBe(1);
    using next = await RawClient.open(`${server.ws}/ws`);
    next.sendText("next");
    expect(await listener.nextText()).toBe("next");
  },
);
