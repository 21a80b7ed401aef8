import type { Random } from "../../src/core/random.ts";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * Chance that can be played again. Without a seed it takes one from `CHORUS_TEST_SEED` or makes one for all, and prints it: a
 * failing run is repeated by setting the variable to what was printed.
 */
export class SeededRandom implements Random {
  readonly seed: number;
  #state: number;

  constructor(seed?: number) {
    this.seed = seed ?? chosenSeed();
    this.#state = this.seed | 0;
  }

  uuid(): string {
    const bytes = Buffer.from(this.bytes(16));
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  epoch(): string {
    return Array.from({ length: 8 }, () => letters.charAt(this.int(letters.length))).join("");
  }

  /** The splitmix32 generator: one addition and two multiplications a number, and every seed is a good one. */
  float(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 up to, and without, `end`. */
  int(end: number): number {
    return Math.floor(this.float() * end);
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.int(256));
  }

  /** One of several. */
  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.int(choices.length)] ?? choices[0];
  }
}

let chosen: number | null = null;

/** The seed of this run of the tests: chosen, and printed, once. */
function chosenSeed(): number {
  if (chosen !== null) return chosen;
  const given = process.env["CHORUS_TEST_SEED"];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  if (!Number.isSafeInteger(seed)) throw new Error(`CHORUS_TEST_SEED is to be a whole number, not ${given}.`);
  chosen = seed;
  console.error(`seed: ${seed} (CHORUS_TEST_SEED=${seed} plays it again)`);
  return seed;
}
