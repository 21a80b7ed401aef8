import { encode, frame } from "../conformance/player/wire.ts";
import type { SeededRandom } from "../support/random.ts";
import { damage } from "./mutations.ts";

type Command = Readonly<Record<string, unknown>>;

/** The connect that a conversation begins with. */
export const connect: Command = { id: 1, connect: { name: "fuzz" } };

const filter = {
  op: "and",
  nodes: [
    { key: "a", cmp: "in", vals: ["b", "c"] },
    { op: "not", nodes: [{ key: "n", cmp: "gte", val: "10" }] },
  ],
};

/** Valid commands of every kind, one frame each; `data` is JSON, as text. */
const frames: readonly [readonly Command[], ...(readonly Command[])[]] = [
  [
    { id: 2, subscribe: { channel: "news", recover: true, offset: 3, epoch: "abcd", delta: "fossil", flag: 1 } },
    { id: 3, publish: { channel: "news", data: '{"a":[1,2,{"b":"κόσμε"}]}' } },
  ],
  [{ id: 4, subscribe: { channel: "tagged", tf: filter, positioned: true, join_leave: true, data: "{}" } }],
  [{ id: 5, history: { channel: "news", limit: -1, since: { offset: 1, epoch: "abcd" }, reverse: true } }],
  [
    { id: 6, presence: { channel: "news" } },
    { id: 7, presence_stats: { channel: "news" } },
  ],
  [{ id: 8, rpc: { method: "fuzz", data: '{"x":1}' } }, {}],
  [{ id: 9, refresh: { token: "eyJhbGciOiJIUzI1NiJ9.e30.x" } }],
  [{ id: 10, sub_refresh: { channel: "news", token: "eyJhbGciOiJIUzI1NiJ9.e30.x" } }],
  [{ id: 11, unsubscribe: { channel: "news" } }],
  [{ id: 12, connect: { token: "eyJ.e.x", subs: { news: { recover: true, offset: 7 } }, headers: { a: "b" } } }],
  [{ send: { data: '"s"' } }],
];

/** Commands as a frame. */
export function encoded(commands: readonly Command[], isProtobuf: boolean): Buffer {
  if (isProtobuf) return frame([...commands]);
  const raw = (key: string, value: unknown) => (key === "data" ? JSON.parse(String(value)) : value);
  return Buffer.from(commands.map((command) => JSON.stringify(command, raw)).join("\n"));
}

/** A frame with one to three damages. */
export function damagedFrame(random: SeededRandom, isProtobuf: boolean): Buffer {
  return damaged(encoded(random.pick(frames), isProtobuf), random);
}

function damaged(bytes: Buffer, random: SeededRandom): Buffer {
  let result = bytes;
  for (let edits = 1 + random.int(3); edits > 0; edits -= 1) result = damage(result, random);
  return result;
}

/** A request to the emulation endpoint: half of them are whole and bring a damaged frame, the others are damaged. */
export function emulationBody(
  random: SeededRandom,
  { session, node, isProtobuf }: { readonly session: string; readonly node: string; readonly isProtobuf: boolean },
): Buffer {
  const isWhole = random.int(2) === 0;
  const data = isWhole ? damagedFrame(random, isProtobuf) : encoded(random.pick(frames), isProtobuf);
  const body = isProtobuf
    ? Buffer.from(encode("EmulationRequest", { session, node, data: `hex:${data.toString("hex")}` }))
    : Buffer.from(JSON.stringify({ session, node, data: data.toString() }));
  return isWhole ? body : damaged(body, random);
}
