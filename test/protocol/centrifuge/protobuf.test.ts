import { describe, expect, test } from "bun:test";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { decodeFrame } from "../../../src/protocol/centrifuge/protobuf/frame.ts";
import { frame } from "../../conformance/player/wire.ts";
import { SeededRandom } from "../../support/random.ts";

const decode = (bytes: Uint8Array) => decodeFrame(bytes, 256);

const publish = frame([{ id: 1, publish: { channel: "news", data: '{"a":1}' } }]);

describe("Protobuf frames", () => {
  test("[CD60] an announced length beyond the frame is malformed, and nothing is allocated for it", () => {
    for (const length of [
      [0xff, 0xff, 0xff, 0xff, 0xff, 0x1f],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    ]) {
      expect(decode(Uint8Array.of(...length, 0x08, 0x01))).toEqual({ commands: [], malformed: true });
    }
    const inner = Uint8Array.of(4, 0x08, 0x01, 0x22, 0x7f);
    expect(decode(inner)).toEqual({ commands: [], malformed: true });
  });

  test("commands before a malformed message are returned", () => {
    const { commands, malformed } = decode(Buffer.concat([publish, Uint8Array.of(0x7f)]));
    expect(commands).toMatchObject([{ method: "publish", channel: "news" }]);
    expect(malformed).toBe(true);
  });

  test("[CD20] a channel named __proto__ in connect.subs is a channel like any other", () => {
    const { commands } = decode(frame([{ id: 1, connect: { subs: { ["__proto__"]: { recover: true } } } }]));
    const [command] = commands;
    expect(command?.method === "connect" && [...command.subs.keys()]).toEqual(["__proto__"]);
  });

  test("the bytes of a payload are a copy, whatever the runtime gives frames as: no frame is kept for them", () => {
    const two = frame([{ id: 1, publish: { channel: "news", data: "\u0001\u0002" } }]);
    for (const bytes of [Buffer.from(two), Uint8Array.from(two)]) {
      const [command] = decode(bytes).commands;
      const data = command?.method === "publish" && command.data.read();
      bytes.fill(0);
      expect(data).toEqual({ kind: "binary", bytes: Uint8Array.of(1, 2) });
    }
  });

  test("a filter of 40 levels is read, one of a thousand is malformed", () => {
    const field = (number: number, value: Uint8Array) =>
      Buffer.concat([new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(value).finish()]);
    const subscribe = (levels: number) => {
      let filter = Buffer.alloc(0);
      for (let level = 0; level < levels; level += 1) filter = field(6, filter);
      const request = Buffer.concat([field(1, Buffer.from("a")), field(13, filter)]);
      const command = Buffer.concat([Uint8Array.of(8, 1), field(5, request)]);
      return decode(new BinaryWriter().bytes(command).finish());
    };
    expect(subscribe(40)).toMatchObject({ malformed: false });
    expect(subscribe(1_000)).toMatchObject({ malformed: true });
  });

  test("[CD7] no mutation of a frame throws", () => {
    const random = new SeededRandom();
    const seeds: [Buffer, ...Buffer[]] = [
      publish,
      frame([
        { id: 2, connect: { token: "t", subs: { a: { recover: true, offset: 7, epoch: "e" } }, headers: { a: "b" } } },
      ]),
      frame([{ id: 3, subscribe: { channel: "a", tf: { op: "and", nodes: [{ key: "a", cmp: "in", vals: ["b"] }] } } }]),
      frame([{ id: 4, history: { channel: "a", since: { offset: 1, epoch: "e" }, limit: -1 } }, {}]),
    ];
    for (let run = 0; run < 20_000; run += 1) {
      const bytes = Buffer.from(random.pick(seeds));
      for (let changes = 1 + random.int(4); changes > 0; changes -= 1) {
        bytes[random.int(bytes.length)] = random.int(256);
      }
      expect(Array.isArray(decode(bytes).commands)).toBe(true);
    }
  });
});
