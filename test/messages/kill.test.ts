import { afterAll, expect, test } from "bun:test";
import { payloadToJson } from "../../src/core/payload.ts";
import { createMessageStore } from "../../src/messages/store.ts";
import { systemClock as clock } from "../../src/runtime/system.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { linesUntilKilled } from "../support/killed.ts";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { freshFolder, queueOf } from "./fixture.ts";

const folder = freshFolder();
afterAll(folder.remove);

/** What a killed process told of itself, step by step. */
type Step = readonly ["taking", string] | readonly ["taken", string, string[]] | readonly ["kept", string, string];

/** Runs a process that puts and takes, and kills it once it has told so many steps. */
async function stepsUntilKilled(path: string, random: SeededRandom): Promise<Step[]> {
  const program = new URL("kill-queue.ts", import.meta.url).pathname;
  const command = [process.execPath, program, path, String(random.int(2 ** 31))];
  const told = await linesUntilKilled(command, 500 + random.int(2_000));
  return told.map((line) => JSON.parse(line));
}

/** What every user must still have, and what was given; of a take that was cut off nobody knows what became. */
class Account {
  readonly waiting = new Map<string, string[]>();
  readonly given = new Set<string>();

  /** The user whose take was cut off, if one was. */
  follow(steps: readonly Step[]): string | null {
    let taking: string | null = null;
    for (const [what, user, told] of steps) {
      if (what === "taking") {
        taking = user;
      } else if (what === "kept") {
        this.waiting.set(user, [...(this.waiting.get(user) ?? []), told]);
      } else {
        expect(told).toEqual(this.waiting.get(user) ?? []);
        for (const value of told) this.given.add(value);
        this.waiting.set(user, []);
        taking = null;
      }
    }
    return taking;
  }
}

/** Opens what the killed process has left, and holds it against what that told. */
function examine(path: string, steps: readonly Step[]): void {
  const account = new Account();
  const cutOff = account.follow(steps);
  const { log } = new CapturedLog();
  const options = {
    path,
    log: { enabled: true, retention: 3_600_000, size: 1_000, payloads: false },
    inbox: { size: 100_000, ttl: 3_600_000 },
  };
  const store = createMessageStore(options, { clock, log, schedule: setTimeout });
  const queue = queueOf(store.inbox);
  for (let n = 0; n < 8; n++) {
    const left = queue.take(`u${n}`).map((payload) => JSON.parse(payloadToJson(payload)));
    expect(left.filter((value) => account.given.has(value))).toEqual([]);
    const expected = account.waiting.get(`u${n}`) ?? [];
    // One more may be in the file than was acknowledged, and all of them gone where their giving was cut off.
    if (cutOff !== `u${n}` || left.length > 0) expect(left.slice(0, expected.length)).toEqual(expected);
    expect(left.length - expected.length).toBeLessThanOrEqual(1);
  }
  for (const value of steps.flatMap(([what, , told]) => (what === "kept" ? [told] : []))) {
    expect(queue.recall(value)).toEqual({ state: "answered", answer: `answer to ${value}` });
  }
  expect(store.failures()).toBe(0);
  store.close();
}

test(
  "[PL50] killed at any moment, the queue loses nothing that was acknowledged, and gives nothing twice (F01)",
  async () => {
    const path = folder.file();
    const random = new SeededRandom();
    for (let round = 0; round < 3; round++) examine(path, await stepsUntilKilled(path, random));
  },
  testTimeout,
);
