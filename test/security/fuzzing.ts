import { disconnects } from "../../src/core/disconnects.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { closeOf, describeFrame, opcodes, type ServerFrame } from "../support/frames.ts";
import { SeededRandom } from "../support/random.ts";
import { RawClient } from "../support/raw.ts";
import type { TestServer } from "../support/server.ts";
import { assault } from "./mutations.ts";

/** How long a run is to be: so many assaults, or until a moment of `performance.now()`. */
export type Extent = { readonly assaults: number } | { readonly until: number };

/** Hostile clients at the same time. */
const attackers = 16;

/** What came of a run. */
export interface FuzzReport {
  readonly assaults: number;
  /** How connections ended: by a code of ours or of the runtime, by one of the `client`'s own, or by `none`. */
  readonly closes: ReadonlyMap<string, number>;
  /** What requests were answered, by status. */
  readonly statuses: ReadonlyMap<string, number>;
}

/**
 * Assaults a live server with damaged conversations while bystanders talk. Fails where the server answers with 500 or
 * what RFC 6455 forbids, and where a bystander loses a message; the message names seed and number.
 */
export async function fuzz(server: TestServer, seed: number, extent: Extent): Promise<FuzzReport> {
  const closes = new Map<string, number>();
  const statuses = new Map<string, number>();
  const isOver = (next: number) => ("assaults" in extent ? next >= extent.assaults : performance.now() > extent.until);
  let next = 0;
  const attack = async () => {
    while (!isOver(next)) {
      const number = next;
      next += 1;
      await once(server, { seed, number, closes, statuses });
    }
  };
  await amongBystanders(server.ws, async () => {
    await Promise.all(Array.from({ length: attackers }, attack));
  });
  return { assaults: next, closes, statuses };
}

interface Round {
  readonly seed: number;
  readonly number: number;
  readonly closes: Map<string, number>;
  readonly statuses: Map<string, number>;
}

async function once(server: TestServer, { seed, number, closes, statuses }: Round): Promise<void> {
  const random = new SeededRandom(seed + number);
  using client = await RawClient.connect(server.url);
  const bytes = assault(random, new URL(server.url).host);
  try {
    client.write(bytes);
    client.finish();
    let ending = "none";
    for await (const received of client.everything()) {
      if ("status" in received) count(statuses, judgedStatus(received.status));
      else if (received.opcode === opcodes.close) ending = judgedCode(received);
    }
    count(closes, ending);
  } catch (error) {
    throw new Error(`Assault ${number} of seed ${seed} (${bytes.toString("hex")}) failed.`, { cause: error });
  }
}

function judgedStatus(status: number): string {
  if (status !== 500) return String(status);
  throw new Error("The server answered 500.");
}

const ownCodes: ReadonlySet<number> = new Set([1002, 1007, ...Object.values(disconnects).map(({ code }) => code)]);

/** A code that a server may send (RFC 6455 7.4). */
function judgedCode(frame: ServerFrame): string {
  const { code } = closeOf(frame);
  if (ownCodes.has(code)) return String(code);
  const isRegistered = code >= 1000 && code <= 1014 && ![1004, 1006].includes(code);
  if (isRegistered || (code >= 3000 && code <= 4999)) return "client";
  throw new Error(`The server sent ${describeFrame(frame)}.`);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
