import { centrifuge } from "../speech/centrifuge.ts";
import { plain } from "../speech/plain.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import { clientFrame, textFrame } from "../wire/frame-template.ts";
import { Client } from "./client.ts";

/** What hostile clients do. */
type AttackName = "fragments" | "flood" | "pings" | "deep JSON" | "stalled readers";

/** An attack on the server under test. */
export interface Attack {
  readonly name: AttackName;
  readonly attackers: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** What the attackers saw. */
export interface AttackResult {
  readonly joined: number;
  readonly sentBytes: number;
  /** How often they were closed, by code; 0 is without a close frame. */
  readonly closedBy: Readonly<Record<string, number>>;
}

const channel = "attacked";

/** Bytes that are sent in one go. */
const goBytes = 65_536;

/** How long a stalled reader reads on in the end, in milliseconds. */
const readOnMs = 1_000;

/** One that was closed comes back after this many milliseconds: it does not give up. */
const comebackMs = 20;

const opcode = { continuation: 0x0, text: 0x1, close: 0x8, ping: 0x9 };

/** Joins, sends the same bytes again and again, and counts how it is stopped. */
class Attacker extends Client {
  closedBy: number | null = null;
  sentBytes = 0;
  readonly #reader = new FrameReader();

  get over(): boolean {
    return this.closedBy !== null;
  }

  assault(bytes: Buffer): void {
    this.sentBytes += bytes.length;
    this.write(bytes);
  }

  protected override take(chunk: Buffer): void {
    for (const frame of this.#reader.feed(chunk)) {
      if (frame.opcode === opcode.close) this.closedBy = frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 0;
    }
  }

  protected override lost(): void {
    this.closedBy ??= 0;
  }
}

/** What is sent first, and then again and again. */
interface Weapon {
  readonly centrifuge: boolean;
  readonly first: Buffer | null;
  readonly again: Buffer | null;
}

function weaponOf(name: AttackName): Weapon {
  switch (name) {
    case "fragments":
      return {
        centrifuge: false,
        first: clientFrame(opcode.text, Buffer.alloc(0), false),
        again: repeated(clientFrame(opcode.continuation, Buffer.alloc(0), false)),
      };
    case "flood":
      return { centrifuge: false, first: null, again: repeated(textFrame("flood")) };
    case "pings":
      return { centrifuge: false, first: null, again: repeated(clientFrame(opcode.ping, Buffer.alloc(0))) };
    case "deep JSON":
      return { centrifuge: true, first: null, again: textFrame(deep()) };
    case "stalled readers":
      return { centrifuge: false, first: null, again: null };
  }
}

function repeated(frame: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: Math.floor(goBytes / frame.length) }, () => frame));
}

/** As deep as fits into one frame. */
function deep(): string {
  const depth = 32_000;
  return `{"id":2,"publish":{"channel":"${channel}","data":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
}

/** Runs an attack; the attackers come back when they are closed. */
export async function attack(port: number, { name, attackers, duration }: Attack): Promise<AttackResult> {
  const closedBy = new Map<number, number>();
  const end = performance.now() + duration;
  const all: Attacker[] = [];
  const weapon = weaponOf(name);
  const campaigns = Array.from({ length: attackers }, async () => {
    while (performance.now() < end) {
      const attacker = await join(port, weapon);
      all.push(attacker);
      if (name === "stalled readers") attacker.pause();
      await assaultUntil(end, attacker, weapon);
      if (name === "stalled readers") await readOn(attacker);
      if (attacker.closedBy !== null) closedBy.set(attacker.closedBy, (closedBy.get(attacker.closedBy) ?? 0) + 1);
      attacker.leave();
      await Bun.sleep(comebackMs);
    }
  });
  if (name === "stalled readers") campaigns.push(feed(port, end));
  await Promise.all(campaigns);
  return {
    joined: all.length,
    sentBytes: all.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
    closedBy: Object.fromEntries(closedBy),
  };
}

async function join(port: number, weapon: Weapon): Promise<Attacker> {
  const attacker = new Attacker();
  const speech = weapon.centrifuge ? centrifuge("walk") : plain("/ws");
  await attacker.join({ port, speech, channel, role: "publisher", failed: () => {} });
  if (weapon.first) attacker.assault(weapon.first);
  return attacker;
}

async function assaultUntil(end: number, attacker: Attacker, { again }: Weapon): Promise<void> {
  while (performance.now() < end && !attacker.over) {
    if (again && attacker.unsentBytes < goBytes) attacker.assault(again);
    await Bun.sleep(1);
  }
}

/** Reads at last what lies there, to see whether it was closed meanwhile. */
async function readOn(attacker: Attacker): Promise<void> {
  attacker.resume();
  const end = performance.now() + readOnMs;
  while (performance.now() < end && !attacker.over) await Bun.sleep(10);
}

/** Gives those who do not read something not to read: ten frames of 64 KiB every ten milliseconds. */
async function feed(port: number, end: number): Promise<void> {
  const feeder = await join(port, weaponOf("stalled readers"));
  const frame = textFrame("x".repeat(60_000));
  while (performance.now() < end && !feeder.over) {
    for (let count = 0; count < 10 && feeder.unsentBytes < goBytes; count++) feeder.assault(frame);
    await Bun.sleep(10);
  }
  feeder.leave();
}
