import { expect, test } from "bun:test";
import { opcodes } from "../support/frames.ts";
import { RawClient } from "../support/raw.ts";
import { ServerStream } from "../support/server-stream.ts";
import { sharedServer } from "../support/shared-server.ts";
import { binary, hex, text } from "./rfc6455-cases.ts";

const server = sharedServer();

const answer = Buffer.from("HTTP/1.1 101 Switching Protocols\r\n\r\n");

// Every raw client of these tests reads this strictly, so every test that gets frames backs the rule; here is the proof
// that the reader would see what is wrong.
test.each([
  ["a masked frame", "8182 01020304 6968"],
  ["a reserved bit", "c101 61"],
  ["a reserved opcode", "8301 61"],
  ["a length of 5 in 16 bits", "817e0005 68656c6c6f"],
  ["a length of 5 in 64 bits", "817f0000000000000005 68656c6c6f"],
  ["a fragmented ping", "0900"],
  ["a continuation of nothing", "8001 61"],
  ["a message inside a fragmented one", "0101 61 8101 62"],
])("[WS26] a server that sent %s would be found out", (_, digits) => {
  const stream = new ServerStream();
  const received = stream.feed(Buffer.concat([answer, hex(digits)]));
  expect(received.map(({ type }) => type)).toContain("violation");
});

test("[WS26] the server's frames are as they must be, at every edge of length and in both kinds", async () => {
  using client = await RawClient.open(`${server().ws}/echo`);
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536]) {
    client.write(text("a".repeat(length)));
    client.write(binary(Buffer.alloc(length)));
    const kinds = [await client.nextFrame(), await client.nextFrame()];
    expect(kinds.map(({ opcode, payload }) => [opcode, payload.length])).toEqual([
      [opcodes.text, length],
      [opcodes.binary, length],
    ]);
  }
});
