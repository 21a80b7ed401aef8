import { clientFrame, closeBody, opcodes } from "../support/frames.ts";
import type { SeededRandom } from "../support/random.ts";
import { exampleKey } from "../support/raw.ts";

/** What a mutation may begin with: commands of the Centrifuge protocol, and texts that look like them. */
const commands: readonly [string, ...string[]] = [
  '{"id":1,"connect":{}}',
  '{"id":1,"connect":{"token":"a.b.c","subs":{"news":{"recover":true,"offset":1,"epoch":"abcd"}}}}',
  '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"news"}}\n{"id":3,"publish":{"channel":"news","data":{"a":1}}}',
  '{"id":2,"history":{"channel":"news","limit":-1,"since":{"offset":18446744073709551615,"epoch":""}}}',
  '{"id":3,"presence":{"channel":"\\ud800"}}',
  '{"__proto__":{"x":1},"id":1e400,"constructor":null}',
  "{}",
  "[[[[[[[[[[[[",
];

const paths: readonly [string, ...string[]] = [
  "/ws",
  "/ws?channel=fuzz",
  "/echo",
  "/ws?channel=fuzz&token=a.b.c",
  "/connection/websocket",
  "/connection/websocket?cf_ws_frame_ping_pong=true",
];

function handshake(path: string, host: string): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${exampleKey}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: chorus, centrifuge-json",
    "X-Forwarded-For: 203.0.113.7",
    "",
    "",
  ];
  return Buffer.from(lines.join("\r\n"));
}

/** A conversation as a client might have it: some frames of every kind, mostly valid. */
function conversation(random: SeededRandom): Buffer[] {
  return Array.from({ length: 1 + random.int(6) }, () => {
    const payload = random.pick<string | Uint8Array>([
      random.pick(commands),
      "hello",
      "",
      "κόσμε 😀",
      random.bytes(random.int(200)),
      Buffer.alloc(126 + random.int(500), "a"),
    ]);
    const mask = random.bytes(4);
    const opcode = random.pick<number>([1, 1, 1, 2, 2, 0, 8, 9, 10, random.int(16)]);
    if (opcode === opcodes.close) return clientFrame(opcode, closeBody(random.int(5_100), "bye"), { mask });
    return clientFrame(opcode, payload, {
      mask,
      fin: random.int(5) > 0,
      rsv: random.int(20) === 0 ? random.int(8) : 0,
    });
  });
}

/** One small damage to some bytes; the edits are those that parsers get wrong. */
export function damage(bytes: Buffer, random: SeededRandom): Buffer {
  const at = random.int(bytes.length + 1);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  const noise = random.bytes(1 + random.int(8));
  const edits: [() => Uint8Array, ...(() => Uint8Array)[]] = [
    () => Buffer.concat([before, noise, after]),
    () => Buffer.concat([before, after.subarray(noise.length)]),
    () => Buffer.concat([before, noise, after.subarray(noise.length)]),
    () => Buffer.concat([before, Buffer.of((after[0] ?? 0) ^ (1 << random.int(8))), after.subarray(1)]),
    () =>
      Buffer.concat([
        before,
        Buffer.alloc(1 + random.int(4), random.pick([0x00, 0x7f, 0x80, 0xff])),
        after.subarray(1),
      ]),
    () => Buffer.concat([before, after.subarray(0, random.int(40)), after]),
    () => before,
  ];
  return Buffer.from(random.pick(edits)());
}

/** All that one hostile client writes: whatever the generator gives it, and nothing else, decides what that is. */
export function assault(random: SeededRandom, host: string): Buffer {
  const opening = handshake(random.pick(paths), host);
  const frames = Buffer.concat(conversation(random));
  // In two of three the handshake stays whole, so that the damage reaches the frames; the rest attacks HTTP itself.
  const isUpgrading = random.int(3) > 0;
  let damaged: Buffer = isUpgrading ? frames : Buffer.concat([opening, frames]);
  for (let edits = random.int(4); edits > 0; edits -= 1) damaged = damage(damaged, random);
  return isUpgrading ? Buffer.concat([opening, damaged]) : damaged;
}
