import { tokenSecret } from "../servers/chorus.ts";
import { centrifuge } from "../speech/centrifuge.ts";
import { plain } from "../speech/plain.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import { textFrame } from "../wire/frame-template.ts";
import { Client } from "./client.ts";
import { Line } from "./line.ts";
import { type AttackName, crowded, historied, type Prepared, recovered, type Weapon, weaponOf } from "./weapons.ts";

/** An attack on the server under test. */
export interface Attack {
  readonly name: AttackName;
  readonly attackers: number;
  /** Milliseconds. */
  readonly duration: number;
  /** The key of the server's API. */
  readonly key: string;
}

/** What the attackers saw. */
export interface AttackResult {
  readonly joined: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** How often they were closed, by code; 0 is without a close frame. */
  readonly closedBy: Readonly<Record<string, number>>;
  /** Milliseconds from the expiry of a token to the end of its connection; null where none was watched. */
  readonly endedAfter: number | null;
}

const channel = "attacked";

/** Bytes that an attacker sends in one go, and that may wait in it. */
const goBytes = 65_536;

/** How long a stalled reader reads on in the end, in milliseconds. */
const readOnMs = 1_000;

/** An attacker that was closed comes back after this many milliseconds. */
const comebackMs = 20;

const closeOpcode = 0x8;
const nothing = Buffer.alloc(0);

/** Joins, sends, and counts how it is stopped. */
class Attacker extends Client {
  closedBy: number | null = null;
  sentBytes = 0;
  receivedBytes = 0;
  #rest: Buffer = nothing;
  readonly #reader = new FrameReader();

  /** Sends some bytes if kernel and line take them: what is left of the last, or the next. */
  assault(line: Line, next: () => Buffer): void {
    if (this.unsentBytes >= goBytes) return;
    if (this.#rest.length === 0) this.#rest = next();
    const part = this.#rest.subarray(0, goBytes);
    if (!line.takes(part.length)) return;
    this.#rest = this.#rest.subarray(part.length);
    this.sentBytes += part.length;
    this.write(part);
  }

  protected override take(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    for (const frame of this.#reader.feed(chunk)) {
      if (frame.opcode === closeOpcode) this.closedBy = frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 0;
    }
  }

  protected override lost(): void {
    this.closedBy ??= 0;
  }
}

/** Puts into the server what an attack needs. */
async function prepareAttack(port: number, { name, key }: Attack): Promise<Prepared & { crowd: Attacker[] }> {
  const crowd: Attacker[] = [];
  if (name === "E10 presence of 3,000") {
    for (let count = 0; count < 3_000; count += 100) {
      const joining = Array.from({ length: 100 }, () => join(port, { speech: "centrifuge" }, crowded));
      crowd.push(...(await Promise.all(joining)));
    }
  }
  if (!/^E3|^E10 (long|API)|^E15/.test(name)) return { epoch: "", crowd };
  const isRecovery = name.startsWith("E15");
  const [target, bytes] = isRecovery ? [recovered, 1_500] : [historied, 50_000];
  const data = "x".repeat(bytes);
  for (let count = 0; count < 200; count++) await callApi(port, key, "publish", { channel: target, data });
  const { result } = (await callApi(port, key, "history", { channel: target, limit: 0 })) as {
    result: { epoch: string };
  };
  return { epoch: result.epoch, crowd };
}

/** Runs an attack; the attackers come back when they are closed. */
export async function attack(port: number, order: Attack): Promise<AttackResult> {
  const { name, attackers, duration, key } = order;
  const { crowd, ...prepared } = await prepareAttack(port, order);
  const end = performance.now() + duration;
  const line = new Line();
  const campaign = {
    port,
    end,
    line,
    weapon: weaponOf(name, prepared),
    isStalled: name === "stalled readers",
    turn: 0,
  };
  const running = Array.from({ length: attackers }, () => fight(campaign));
  const helpers = [
    ...(campaign.isStalled ? [feed(port, line, end)] : []),
    ...(/^E3|^E10 API/.test(name) ? [callInBatches(port, key, end)] : []),
  ];
  const expiring = name.startsWith("E3") ? expire(port, end) : null;
  const all = (await Promise.all(running)).flat();
  await Promise.all(helpers);
  for (const client of crowd) client.leave();
  const closedBy: Record<string, number> = {};
  for (const { closedBy: code } of all) if (code !== null) closedBy[code] = (closedBy[code] ?? 0) + 1;
  const sum = (of: (attacker: Attacker) => number) => all.reduce((total, each) => total + of(each), 0);
  return {
    joined: all.length,
    sentBytes: sum(({ sentBytes }) => sentBytes),
    receivedBytes: sum(({ receivedBytes }) => receivedBytes),
    closedBy,
    endedAfter: await expiring,
  };
}

/** Opens a connection whose token expires in the middle of the attack; how many milliseconds later it was ended. */
async function expire(port: number, end: number): Promise<number> {
  const expiry = Math.floor(Date.now() / 1_000) + 2;
  const client = new Attacker();
  const target = (to: string) => `/ws?token=${tokenUntil(expiry)}&channel=${to}`;
  const speech = { ...plain("/ws"), target };
  await client.join({ port, speech, channel, role: "receiver", failed: () => {} });
  while (client.closedBy === null && performance.now() < end + readOnMs) await Bun.sleep(5);
  return Date.now() - expiry * 1_000;
}

function tokenUntil(expiry: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: "expiring", exp: expiry })}`;
  const signature = new Bun.CryptoHasher("sha256", tokenSecret).update(signed).digest("base64url");
  return `${signed}.${signature}`;
}

interface Campaign {
  readonly port: number;
  readonly line: Line;
  readonly weapon: Weapon;
  /** When it ends, by `performance.now`. */
  readonly end: number;
  /** The attackers do not read. */
  readonly isStalled: boolean;
  /** How often something was made to send, by all attackers. */
  turn: number;
}

/** One attacker after the other, until the campaign ends. */
async function fight(campaign: Campaign): Promise<Attacker[]> {
  const { port, line, weapon, end, isStalled } = campaign;
  const all: Attacker[] = [];
  while (performance.now() < end) {
    const attacker = await join(port, weapon);
    all.push(attacker);
    if (isStalled) attacker.pause();
    let { first } = weapon;
    const next = () => {
      const bytes = first ?? weapon.again?.(campaign.turn++) ?? nothing;
      first = undefined;
      return bytes;
    };
    while (performance.now() < end && attacker.closedBy === null) {
      attacker.assault(line, next);
      await Bun.sleep(1);
    }
    if (isStalled) await readOn(attacker);
    attacker.leave();
    await Bun.sleep(comebackMs);
  }
  return all;
}

async function join(port: number, { speech: name }: Pick<Weapon, "speech">, to?: string): Promise<Attacker> {
  const attacker = new Attacker();
  const speech = name === "centrifuge" ? centrifuge("walk") : plain("/ws");
  const role = to === undefined ? "publisher" : "receiver";
  await attacker.join({ port, speech, channel: to ?? channel, role, failed: () => {} });
  return attacker;
}

/** Reads at last what lies there, to see whether it was closed meanwhile. */
async function readOn(attacker: Attacker): Promise<void> {
  attacker.resume();
  const end = performance.now() + readOnMs;
  while (performance.now() < end && attacker.closedBy === null) await Bun.sleep(10);
}

/** Gives stalled readers something not to read: ten frames of 60 KB every ten milliseconds. */
async function feed(port: number, line: Line, end: number): Promise<void> {
  const feeder = await join(port, { speech: "plain" });
  const frame = textFrame("x".repeat(60_000));
  while (performance.now() < end && feeder.closedBy === null) {
    for (let count = 0; count < 10; count++) feeder.assault(line, () => frame);
    await Bun.sleep(10);
  }
  feeder.leave();
}

/** Batches of 60 long histories, and broadcasts of 0.9 MB to 1,000 channels, one after the other. */
async function callInBatches(port: number, key: string, end: number): Promise<void> {
  const commands = Array.from({ length: 60 }, () => ({ history: { channel: historied, limit: 300 } }));
  const channels = Array.from({ length: 1_000 }, (_, index) => `broadcast-${index}`);
  const data = "x".repeat(900_000);
  while (performance.now() < end) {
    await callApi(port, key, "batch", { commands });
    await callApi(port, key, "broadcast", { channels, data });
  }
}

async function callApi(port: number, key: string, method: string, body: object): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/api/${method}`, {
    method: "POST",
    headers: { "X-API-Key": key },
    body: JSON.stringify(body),
  });
  return response.json();
}
