import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { EventCount } from "../../bench/wire/event-count.ts";
import { FrameCount } from "../../bench/wire/frame-count.ts";
import { FrameReader } from "../../bench/wire/frame-reader.ts";
import { clientFrame, FrameTemplate, textFrame } from "../../bench/wire/frame-template.ts";
import { HttpReader } from "../../bench/wire/http-reader.ts";
import { Inspector } from "../../bench/wire/inspector.ts";
import { OffsetInspector } from "../../bench/wire/offset-inspector.ts";
import { numberAt, numberDigits, payloadMin, payloadOf } from "../../bench/wire/payload.ts";
import { afterHead } from "../../bench/wire/upgrade.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

/** A frame as a server sends it: not masked. */
function serverFrame(payload: string, opcode = 1): Buffer {
  const bytes = Buffer.from(payload);
  if (bytes.length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, bytes.length]), bytes]);
  if (bytes.length < 65_536) {
    return Buffer.concat([Buffer.from([0x80 | opcode, 126, bytes.length >> 8, bytes.length & 255]), bytes]);
  }
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from([0x80 | opcode, 127]), length, bytes]);
}

/** What a client's frame says, by the rules of RFC 6455 5.3. */
function unmasked(frame: Buffer): string {
  const second = (frame[1] ?? 0) & 0x7f;
  const at = second < 126 ? 2 : second === 126 ? 4 : 10;
  const mask = frame.subarray(at, at + 4);
  return Buffer.from(frame.subarray(at + 4).map((byte, index) => byte ^ (mask[index & 3] ?? 0))).toString();
}

/** The same bytes in pieces of every size from one up. */
function cuts(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

const sizes = [1, 2, 3, 5, 7, 64, 66, 67, 1_000, 100_000];

describe("counting frames", () => {
  test("frames of one length are counted in any cut", () => {
    const frames = Buffer.concat(Array.from({ length: 50 }, (_, index) => serverFrame(payloadOf(index, 64))));
    for (const size of sizes) {
      const count = new FrameCount();
      count.expectFixed(66);
      for (const piece of cuts(frames, size)) count.feed(piece);
      expect(count.total).toBe(50);
      expect(count.whole).toBe(true);
    }
  });

  test("frames of any length are counted in any cut, and the last one's length is known", () => {
    const payloads = ["", "a", "b".repeat(125), "c".repeat(126), "d".repeat(65_536), "e".repeat(300)];
    const frames = Buffer.concat(payloads.map((payload) => serverFrame(payload)));
    for (const size of sizes) {
      const count = new FrameCount();
      for (const piece of cuts(frames, size)) count.feed(piece);
      expect(count.total).toBe(payloads.length);
      expect(count.lastLength).toBe(304);
      expect(count.lastPayload).toBe(300);
    }
  });

  test("messages that a server joined into one frame are counted each", () => {
    const message = payloadOf(1, 64);
    const frames = [serverFrame(message), serverFrame(`${message}\n${message}\n${message}`), serverFrame(message)];
    for (const size of sizes) {
      const count = new FrameCount();
      count.expectJoined(64);
      for (const piece of cuts(Buffer.concat(frames), size)) count.feed(piece);
      expect(count.total).toBe(5);
    }
    const other = new FrameCount();
    other.expectJoined(64);
    expect(() => other.feed(serverFrame(`${message}\n`))).toThrow("no whole number");
  });

  test("what is under way is not counted yet", () => {
    const count = new FrameCount();
    count.expectFixed(66);
    expect(count.feed(serverFrame(payloadOf(0, 64)).subarray(0, 65))).toBe(0);
    expect(count.whole).toBe(false);
  });

  test("pings are not counted, a close is loud", () => {
    const count = new FrameCount();
    count.feed(Buffer.concat([serverFrame("a"), serverFrame("", 9), serverFrame("b")]));
    expect(count.total).toBe(2);
    expect(() => count.feed(serverFrame("\x03\xe8", 8))).toThrow("closed");
  });

  test("the way of counting does not change in the middle of a frame", () => {
    const count = new FrameCount();
    count.feed(serverFrame("abc").subarray(0, 3));
    expect(() => count.expectFixed(5)).toThrow("middle of a frame");
  });
});

describe("what the load writes and reads", () => {
  test("a frame is masked and says what it was given, at each form of the length", () => {
    for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
      const text = "t".repeat(length);
      const frame = textFrame(text);
      expect((frame[1] ?? 0) & 0x80).toBe(0x80);
      expect(unmasked(frame)).toBe(text);
    }
    expect(clientFrame(1, Buffer.alloc(0), false)[0]).toBe(1);
  });

  test("digits that are written into a frame arrive", () => {
    const text = payloadOf(0, 200);
    const template = new FrameTemplate(text);
    template.write(numberAt(text), numberDigits, 123_456_789);
    expect(unmasked(template.bytes)).toBe(payloadOf(123_456_789, 200));
    template.write(numberAt(text), numberDigits, 7);
    expect(unmasked(template.bytes)).toBe(payloadOf(7, 200));
  });

  test("a payload is JSON of the length asked for, with its number", () => {
    for (const bytes of [payloadMin, 64, 16_384]) {
      const text = payloadOf(42, bytes);
      expect(Buffer.byteLength(text)).toBe(bytes);
      expect(JSON.parse(text).n).toBe("000000042");
    }
    expect(() => payloadOf(0, payloadMin - 1)).toThrow("at least");
    expect(() => numberAt("{}")).toThrow("no payload");
  });

  test("a reader gives frames with what is in them, in any cut", () => {
    const bytes = Buffer.concat([serverFrame("one"), serverFrame("y".repeat(200)), serverFrame("x".repeat(70_000), 2)]);
    // The headers are in here; the payload of the last frame needs no small pieces.
    const [start, rest] = [bytes.subarray(0, 300), bytes.subarray(300)];
    for (const size of sizes) {
      const reader = new FrameReader();
      const frames = [...cuts(start, size), ...cuts(rest, 1_000)].flatMap((piece) => reader.feed(piece));
      expect(frames.map(({ opcode, payload }) => [opcode, payload.length])).toEqual([
        [1, 3],
        [1, 200],
        [2, 70_000],
      ]);
    }
  });
});

describe("the inspector", () => {
  const stream = (numbers: readonly number[]) =>
    Buffer.concat(numbers.map((number) => serverFrame(`{"push":${payloadOf(number, 64)}}`)));

  function inspect(bytes: Buffer, size: number): Inspector {
    const inspector = new Inspector(8, 64);
    const count = new FrameCount();
    count.total = 8;
    for (const piece of cuts(bytes, size)) inspector.feed(piece, count.feed(piece));
    return inspector;
  }

  test("[BN10] payloads in their order are found in any cut, across carries", () => {
    const numbers = Array.from({ length: 200 }, (_, index) => index + 8);
    for (const size of sizes) expect(inspect(stream(numbers), size).next).toBe(208);
  });

  test("[BN10] one that is missing, early, twice or changed is found out", () => {
    const wrong: Buffer[] = [stream([8, 9, 11, 12]), stream([9, 8]), stream([8, 8, 9]), stream([8, 9, 10])];
    // The last one is in order, but a byte of its padding is not as it was published.
    const last = wrong[3];
    if (last) last[last.length - 10] = 0x79;
    for (const bytes of wrong) {
      for (const size of sizes) expect(() => inspect(bytes, size)).toThrow("lost or out of order");
    }
  });
});

describe("the inspector of offsets", () => {
  const stream = (publications: readonly (readonly [offset: number, number: number])[]) =>
    Buffer.concat(
      publications.map(([offset, number]) =>
        serverFrame(`{"pub":{"data":${payloadOf(number, 64)},"offset":${offset}}}`),
      ),
    );

  function inspect(bytes: Buffer, size: number): void {
    const inspector = new OffsetInspector();
    for (const piece of cuts(bytes, size)) inspector.feed(piece);
  }

  test("[BN10] publications of several publishers may come in any order, as long as their offsets do not", () => {
    for (const size of sizes)
      expect(() =>
        inspect(
          stream([
            [7, 2],
            [8, 0],
            [9, 1],
          ]),
          size,
        ),
      ).not.toThrow();
  });

  test("[BN10] an offset that is missing or repeated, and a publication that comes twice, are found out", () => {
    for (const size of sizes) {
      expect(() =>
        inspect(
          stream([
            [7, 0],
            [9, 1],
          ]),
          size,
        ),
      ).toThrow("lost or out of order");
      expect(() =>
        inspect(
          stream([
            [7, 0],
            [7, 1],
          ]),
          size,
        ),
      ).toThrow("lost or out of order");
      expect(() =>
        inspect(
          stream([
            [7, 0],
            [8, 0],
          ]),
          size,
        ),
      ).toThrow("twice");
      expect(() => inspect(serverFrame("{}"), size)).toThrow("no publication");
    }
  });
});

describe("HTTP by hand", () => {
  test("the end of the answer to an upgrade is found, with what follows it", () => {
    const answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    expect(afterHead(Buffer.from(answer.slice(0, -1)), 101)).toBeNull();
    expect(afterHead(Buffer.from(`${answer}rest`), 101)?.toString()).toBe("rest");
    expect(() => afterHead(Buffer.from("HTTP/1.1 503 Service Unavailable\r\n\r\n"), 101)).toThrow("503");
  });

  test("answers of a keep-alive connection are read in any cut", () => {
    const bytes = Buffer.from(
      'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"result":{}}HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n',
    );
    for (const size of sizes) {
      const reader = new HttpReader();
      expect(cuts(bytes, size).flatMap((piece) => reader.feed(piece))).toEqual([
        { status: 200, body: '{"result":{}}' },
        { status: 404, body: "" },
      ]);
    }
    expect(() => new HttpReader().feed(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))).toThrow("without a length");
  });
});

test("events are counted by their empty lines, wherever chunks end", () => {
  const stream = Buffer.from('1a\r\ndata: {"a":"\\n"}\n\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n');
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const count = new EventCount();
    count.feed(stream.subarray(0, cut));
    expect(count.feed(stream.subarray(cut))).toBe(3);
  }
});
