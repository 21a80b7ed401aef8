import { expect, test } from "bun:test";
import { opcodes, textFrame } from "../support/frames.ts";
import { RawClient } from "../support/raw.ts";
import { sharedServer } from "../support/shared-server.ts";

const server = sharedServer();

/**
 * Where Bun 1.4.5 itself leaves the letter of RFC 6455, and why we cannot mend it. Each has a test of what happens
 * instead: when a new Bun mends it, the test fails and the entry goes.
 */
const runtimeDeviations = {
  "a length need not be the shortest":
    "5.2 binds the sender to the fewest bytes. Bun reads every encoding, and we see the message alone. Harmless: the message is the same.",
  "a handshake may be HTTP/1.0":
    "4.1 asks for HTTP/1.1 or higher. Bun gives us no version to look at. Harmless: every other rule of the handshake holds.",
  "the server does not wait for the answer to its close frame":
    "7.1.2 closes TCP when both close frames were sent. Bun ends its side right after its own, and reads the client's until it ends, too.",
} as const;

type Deviation = keyof typeof runtimeDeviations;

const proofs: Record<Deviation, () => Promise<void>> = {
  "a length need not be the shortest": async () => {
    using client = await RawClient.open(`${server().ws}/echo`);
    for (const [payload, lengthBits] of [
      ["", 16],
      ["hello", 16],
      ["hello", 64],
      ["x".repeat(126), 64],
    ] as const) {
      client.write(textFrame(payload, { lengthBits }));
      expect(await client.nextText()).toBe(payload);
    }
  },
  "a handshake may be HTTP/1.0": async () => {
    using client = await RawClient.connect(server().url);
    expect(await client.request({ version: "HTTP/1.0" })).toMatchObject({ status: 101 });
    using second = await RawClient.connect(server().url);
    const shape = { version: "HTTP/1.0", replace: { "Sec-WebSocket-Key": null } };
    expect(await second.request(shape)).toMatchObject({ status: 400 });
  },
  "the server does not wait for the answer to its close frame": async () => {
    using client = await RawClient.open(`${server().ws}/ws`);
    client.sendText("x".repeat(65_537));
    expect(await client.closed()).toEqual({ code: 1009, reason: "" });
    expect(await client.ended()).toBe("fin");
    client.sendFrame(opcodes.close, Buffer.of(0x03, 0xf1));
    client.finish();
  },
};

for (const [name, reason] of Object.entries(runtimeDeviations) as [Deviation, string][]) {
  test(`[WS27] ${name}: ${reason}`, () => proofs[name]());
}
