import { describe, expect, test } from "bun:test";
import { opcodes } from "../support/frames.ts";
import { RawClient } from "../support/raw.ts";
import { sharedServer } from "../support/shared-server.ts";
import { binary, fragments, ping, text } from "./rfc6455-cases.ts";

const server = sharedServer();

/** One of each kind, in fragments and whole, with a length in each encoding that a person's messages have. */
const conversation = Buffer.concat([
  text("hello"),
  ...fragments(opcodes.text, ["κόσ", "με"]),
  ping("p"),
  binary(Buffer.alloc(300, 9)),
]);

async function hears(client: RawClient): Promise<void> {
  expect(await client.nextText()).toBe("hello");
  expect(await client.nextText()).toBe("κόσμε");
  const seen = [await client.nextFrame(), await client.nextFrame()].toSorted((a, b) => a.opcode - b.opcode);
  expect(seen).toEqual([
    { fin: true, opcode: opcodes.binary, payload: Buffer.alloc(300, 9) },
    { fin: true, opcode: opcodes.pong, payload: Buffer.from("p") },
  ]);
}

describe("TCP has no frames: only the bytes count", () => {
  test("[WS25] frames that come byte by byte are read as if they came whole", async () => {
    using client = await RawClient.open(`${server().ws}/echo`);
    await client.drip(conversation);
    await hears(client);
  });

  test("[WS25] a handshake that comes byte by byte is answered", async () => {
    using client = await RawClient.connect(server().url);
    await client.drip(Buffer.from(client.handshake({ target: "/echo" })));
    expect(await client.answer()).toMatchObject({ status: 101 });
    client.write(conversation);
    await hears(client);
  });

  test("[WS25] frames in the segment of the handshake are read after it", async () => {
    using client = await RawClient.connect(server().url);
    client.write(Buffer.concat([Buffer.from(client.handshake({ target: "/echo" })), conversation]));
    expect(await client.answer()).toMatchObject({ status: 101 });
    await hears(client);
  });

  test("[WS25] frames in the segment of the handshake are broadcast after it", async () => {
    using listener = await RawClient.open(`${server().ws}/ws?channel=early`);
    using client = await RawClient.connect(server().url);
    const handshake = client.handshake({ target: "/ws?channel=early" });
    client.write(Buffer.concat([Buffer.from(handshake), text("one"), text("two")]));
    expect(await listener.nextText()).toBe("one");
    expect(await listener.nextText()).toBe("two");
  });

  test.each(["/echo", "/ws"])("[WS25] a thousand frames in one write arrive in order (%s)", async (path) => {
    using client = await RawClient.open(`${server().ws}${path}?channel=many`);
    using other = await RawClient.open(`${server().ws}${path}?channel=many`);
    const listener = path === "/echo" ? client : other;
    const numbers = Array.from({ length: 1_000 }, (_, index) => String(index));
    client.write(Buffer.concat(numbers.map((number) => text(number))));
    for (const number of numbers) expect(await listener.nextText()).toBe(number);
  });

  test("[WS25] a frame is read wherever it is cut in two", async () => {
    using client = await RawClient.open(`${server().ws}/echo`);
    using other = await RawClient.open(`${server().ws}/echo`);
    const frame = text("x".repeat(200));
    for (let cut = 1; cut < frame.length; cut += 7) {
      client.write(frame.subarray(0, cut));
      // When the other was answered, the server has most likely read the first part by itself.
      other.sendText("a turn of the server's");
      await other.nextText();
      client.write(frame.subarray(cut));
      expect(await client.nextText()).toBe("x".repeat(200));
    }
  });
});
