import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { deflateRawSync } from "node:zlib";
import { clientFrame, opcodes } from "../support/frames.ts";
import { HeldTokens } from "../support/held-tokens.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { RawClient } from "../support/raw.ts";
import { startTestServer } from "../support/server.ts";
import { attacks, limits } from "./attacks.ts";

setDefaultTimeout(testTimeout);

const first = (opcode: number, payload: Uint8Array) => clientFrame(opcode, payload, { fin: false });
const middle = (payload: Uint8Array) => clientFrame(opcodes.continuation, payload, { fin: false });

/** Fragments of one message that never ends: 25,000 bytes in all. */
const endless = (opcode: number) => [
  first(opcode, Buffer.alloc(1_000)),
  ...Array.from({ length: 24 }, () => middle(Buffer.alloc(1_000))),
];

describe("messages that are too big (T24, T25)", () => {
  attacks("SE11", [
    { name: "[T24] a text of one byte too many", code: 1009, bytes: [clientFrame(opcodes.text, "a".repeat(1_001))] },
    {
      name: "[T24] a text whose characters are short and whose bytes are many",
      code: 1009,
      bytes: [clientFrame(opcodes.text, "€".repeat(334))],
    },
    {
      name: "[T24] a binary of one byte too many",
      code: 1009,
      bytes: [clientFrame(opcodes.binary, Buffer.alloc(20_001))],
    },
    {
      name: "[T24] a text far over the limit, of which nothing but the header comes",
      code: 1009,
      bytes: [clientFrame(opcodes.text, "", { lengthBits: 64, declaredLength: 20_001n })],
    },
    {
      name: "[T24] a declared length of 2^63",
      code: 1009,
      bytes: [clientFrame(opcodes.binary, "", { lengthBits: 64, declaredLength: 1n << 63n })],
    },
    { name: "[T25] binary fragments without an end", code: 1009, bytes: endless(opcodes.binary) },
    { name: "[T25] text fragments without an end", code: 1009, bytes: endless(opcodes.text) },
    {
      name: "[T25] a text of small fragments that is too big in all",
      code: 1009,
      bytes: [first(opcodes.text, Buffer.alloc(600, "a")), clientFrame(opcodes.continuation, "a".repeat(600))],
    },
  ]);

  test("[SE11] [T24] a message of exactly the limit arrives, in both kinds", async () => {
    await using server = await startTestServer(limits);
    using client = await RawClient.open(`${server.ws}/echo`);
    client.sendText("a".repeat(1_000));
    expect(await client.nextText()).toHaveLength(1_000);
    client.sendFrame(opcodes.binary, Buffer.alloc(20_000));
    expect((await client.nextFrame()).payload).toHaveLength(20_000);
  });

  test("[SE11] [T24] our own close frame of one that is too big has no reason, only its code", async () => {
    await using server = await startTestServer(limits);
    using client = await RawClient.open(`${server.ws}/ws`);
    client.sendText("a".repeat(1_001));
    expect(await client.closed()).toEqual({ code: 1009, reason: "" });
  });
});

test("[SE11] a plain client whose token is not verified yet sends no larger frame than a connect may be", async () => {
  const tokens = new HeldTokens();
  await using server = await startOpenServer({}, { replace: { authenticator: tokens.authenticator } });
  using listener = await RawClient.open(`${server.ws}/ws?channel=a`);
  const url = `${server.ws}/ws?channel=a&token=${tokenFor({ sub: "ann" })}`;
  using small = await RawClient.open(url);
  const held = await tokens.next();
  small.sendFrame(opcodes.binary, Buffer.alloc(65_536));
  small.sendFrame(opcodes.ping, "read");
  expect((await small.nextFrame()).opcode).toBe(opcodes.pong);
  held.release();
  expect((await listener.nextFrame()).payload).toHaveLength(65_536);
  small.sendFrame(opcodes.binary, Buffer.alloc(65_537));
  expect((await listener.nextFrame()).payload).toHaveLength(65_537);

  using large = await RawClient.open(url);
  await tokens.next();
  large.sendFrame(opcodes.binary, Buffer.alloc(65_537));
  expect(await large.closed()).toEqual({ code: 1009, reason: "" });
});

/** 64 MiB of zeros in some 64 KiB: what a client would send that had agreed on compression. */
const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));

describe("frames that no well-behaved client sends (T27, T30, T31)", () => {
  attacks("WS6", [
    {
      name: "[T27] a compressed frame, which nobody agreed on",
      code: 1002,
      bytes: [clientFrame(opcodes.text, deflateRawSync("hello"), { rsv: 4 })],
    },
    {
      name: "[T27] a compression bomb",
      code: 1002,
      bytes: [clientFrame(opcodes.binary, bomb.subarray(0, 20_000), { rsv: 4 })],
    },
  ]);
  attacks("WS6", [
    { name: "[T30] text that is not UTF-8", code: 1007, bytes: [clientFrame(opcodes.text, Buffer.of(0x61, 0xff))] },
    {
      name: "[T30] text that stops being UTF-8 in its last fragment",
      code: 1007,
      bytes: [first(opcodes.text, Buffer.of(0xe2, 0x82)), clientFrame(opcodes.continuation, Buffer.of(0x61))],
    },
    { name: "[T31] a reserved opcode", code: 1002, bytes: [clientFrame(3, "x")] },
    { name: "[T31] an unmasked frame", code: 1002, bytes: [clientFrame(opcodes.text, "x", { mask: null })] },
    {
      name: "[T31] a close code that may not be sent",
      code: 1002,
      bytes: [clientFrame(opcodes.close, Buffer.of(3, 237))],
    },
    { name: "[T31] a ping that is too long", code: 1002, bytes: [clientFrame(opcodes.ping, Buffer.alloc(126))] },
    { name: "[T31] a fragmented ping", code: 1002, bytes: [clientFrame(opcodes.ping, "x", { fin: false })] },
  ]);

  test("[T27] a client that offers compression gets none, neither way", async () => {
    await using server = await startTestServer(limits);
    using client = await RawClient.connect(server.url);
    const answer = await client.request({ target: "/echo", add: ["Sec-WebSocket-Extensions: permessage-deflate"] });
    expect(answer.headers.has("sec-websocket-extensions")).toBe(false);
    client.sendText("a".repeat(1_000));
    expect(await client.nextText()).toBe("a".repeat(1_000));
  });
});
