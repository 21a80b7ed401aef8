import { describe, expect, test } from "bun:test";
import { opcodes } from "../support/frames.ts";
import { RawClient } from "../support/raw.ts";
import { sharedServer } from "../support/shared-server.ts";
import { type Case, close, failsWith, ping, pong, serves, testCases, text } from "./rfc6455-cases.ts";

const server = sharedServer();
const url = () => server().ws;

const full = "p".repeat(125);
const tooLong = "p".repeat(126);

describe("ping and pong (5.5.2, 5.5.3)", () => {
  testCases("WS15", url, [
    ["an empty ping is answered with an empty pong", [ping()], serves([], ["pong "])],
    ["a ping is answered with its own bytes", [ping("hello")], serves([], ["pong hello"])],
    ["a ping of 125 bytes is answered whole", [ping(full)], serves([], [`pong ${full}`])],
    [
      "ten pings are answered in their order",
      [..."0123456789"].map((one) => ping(one)),
      serves(
        [],
        [..."0123456789"].map((one) => `pong ${one}`),
      ),
    ],
    ["a ping between two messages delays neither", [text("a"), ping("p"), text("b")], serves(["a", "b"], ["pong p"])],
    ["a pong that nobody asked for is passed over", [pong(), pong("hello"), pong(full), text("a")], serves(["a"])],
  ]);

  test("[WS15] a ping need not be text: its bytes come back as they are", async () => {
    using client = await RawClient.open(`${url()}/echo`);
    const bytes = Buffer.from(Array.from({ length: 125 }, (_, index) => 255 - index));
    client.sendFrame(opcodes.ping, bytes);
    expect(await client.nextFrame()).toEqual({ fin: true, opcode: opcodes.pong, payload: bytes });
  });
});

describe("the size and shape of control frames (5.5)", () => {
  const rows = (name: string, make: typeof ping): Case[] => [
    [`a ${name} of 126 bytes fails with 1002`, [make(tooLong)], failsWith(1002)],
    [`a ${name} of 65,536 bytes fails with 1002`, [make("p".repeat(65_536))], failsWith(1002)],
    [`a ${name} with a length in 16 bits fails with 1002`, [make("p", { lengthBits: 16 })], failsWith(1002)],
    [`a ${name} with a length in 64 bits fails with 1002`, [make("p", { lengthBits: 64 })], failsWith(1002)],
    [`a fragmented ${name} fails with 1002`, [make("p", { fin: false })], failsWith(1002)],
  ];
  testCases("WS16", url, [
    ...rows("ping", ping),
    ...rows("pong", pong),
    ["a close of 126 bytes fails with 1002", [close(1000, "r".repeat(124))], failsWith(1002)],
    ["a fragmented close fails with 1002", [close(1000, "", { fin: false })], failsWith(1002)],
    ["a close with a length in 16 bits fails with 1002", [close(1000, "", { lengthBits: 16 })], failsWith(1002)],
  ]);
});
