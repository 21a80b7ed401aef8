import { clientFrame, textFrame } from "../wire/frame-template.ts";

/** What hostile clients do; the letters are those of the list of attacks in the tests. */
export const attackNames = [
  "fragments",
  "flood",
  "pings",
  "deep JSON",
  "stalled readers",
  "E1 made-up names",
  "E1 large publications",
  "E2 garbage tokens",
  "E2 refreshes",
  "E3 an expiry in an overload",
  "E4 a fraction in an unknown field",
  "E5 names of 60 KB",
  "E6 short payloads in long frames",
  "E7 unfinished messages",
  "E10 long histories",
  "E10 presence of 3,000",
  "E10 API batches",
  "E15 recoveries",
] as const;

export type AttackName = (typeof attackNames)[number];

/** What an attacker sends after it has joined, and then again and again. */
export interface Weapon {
  readonly speech: "plain" | "centrifuge";
  readonly first?: Buffer;
  /** The next bytes; `turn` counts up over all attackers. */
  readonly again?: (turn: number) => Buffer;
}

/** What was put into the server before an attack. */
export interface Prepared {
  /** The epoch of the channel with a history. */
  readonly epoch: string;
}

/** A channel with a long history. */
export const historied = "recovery:long";
/** The channel whose history fits into one recovery. */
export const recovered = "recovery:short";
/** A channel with a long presence. */
export const crowded = "presence:crowd";

const opcode = { continuation: 0x0, text: 0x1, binary: 0x2, ping: 0x9 };
/** Bytes that are sent in one go. */
const goBytes = 65_536;
const long = "x".repeat(60_000);

const centrifuge = (again: (turn: number) => Buffer): Weapon => ({ speech: "centrifuge", again });

/** Several commands in one frame. */
function frameOf(count: number, command: (index: number) => object): Buffer {
  return textFrame(Array.from({ length: count }, (_, index) => JSON.stringify(command(index))).join("\n"));
}

const repeated = (frame: Buffer) => {
  const bytes = Buffer.concat(Array.from({ length: Math.max(1, Math.floor(goBytes / frame.length)) }, () => frame));
  return () => bytes;
};

/** The weapon of an attack. */
export function weaponOf(name: AttackName, { epoch }: Prepared): Weapon {
  switch (name) {
    case "fragments":
      return {
        speech: "plain",
        first: clientFrame(opcode.text, Buffer.alloc(0), false),
        again: repeated(clientFrame(opcode.continuation, Buffer.alloc(0), false)),
      };
    case "flood":
      return { speech: "plain", again: repeated(textFrame("flood")) };
    case "pings":
      return { speech: "plain", again: repeated(clientFrame(opcode.ping, Buffer.alloc(0))) };
    case "deep JSON": {
      const depth = 32_000;
      const data = `${"[".repeat(depth)}${"]".repeat(depth)}`;
      return centrifuge(repeated(textFrame(`{"id":2,"publish":{"channel":"attacked","data":${data}}}`)));
    }
    case "stalled readers":
      return { speech: "plain" };
    case "E1 made-up names":
      return centrifuge((turn) =>
        frameOf(100, (index) => ({ id: index + 2, history: { channel: `recovery:x${turn}-${index}`, limit: 0 } })),
      );
    case "E1 large publications":
      return centrifuge((turn) =>
        frameOf(1, () => ({ id: 2, publish: { channel: `memory:${turn % 1_000}`, data: long } })),
      );
    case "E2 garbage tokens":
      return centrifuge((turn) =>
        frameOf(256, (index) => ({ id: index + 2, subscribe: { channel: `$${turn}-${index}`, token: "garbage" } })),
      );
    case "E2 refreshes":
      return centrifuge(() => frameOf(200, (index) => ({ id: index + 2, refresh: { token: "garbage" } })));
    case "E4 a fraction in an unknown field":
      return centrifuge(repeated(textFrame(`{"id":2,"unknown":[0.5,"${long}"],"history":{"channel":"recovery:x"}}`)));
    case "E5 names of 60 KB":
      return centrifuge((turn) => frameOf(1, () => ({ id: 2, publish: { channel: `${turn}${long}`, data: 1 } })));
    case "E6 short payloads in long frames":
      return centrifuge((turn) =>
        frameOf(1, () => ({ id: 2, unknown: long, publish: { channel: `memory:${turn % 1_000}`, data: `${turn}` } })),
      );
    case "E7 unfinished messages":
      return { speech: "plain", first: clientFrame(opcode.binary, Buffer.alloc(15_000_000), false) };
    case "E3 an expiry in an overload":
    case "E10 long histories":
      return centrifuge(repeatedCommand({ id: 2, history: { channel: historied, limit: 300 } }));
    case "E10 presence of 3,000":
      return centrifuge(repeatedCommand({ id: 2, presence: { channel: crowded } }));
    case "E10 API batches":
      return { speech: "plain" };
    case "E15 recoveries": {
      const subscribe = { channel: recovered, recover: true, epoch, offset: 0 };
      const both = frameOf(2, (index) =>
        index === 0 ? { id: 2, subscribe } : { id: 3, unsubscribe: { channel: recovered } },
      );
      return centrifuge(() => both);
    }
  }
}

/** Commands one by one: a frame of many would be one answer. */
function repeatedCommand(command: object): () => Buffer {
  const bytes = frameOf(1, () => command);
  return () => bytes;
}
