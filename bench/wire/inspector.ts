import { numberAt, numberDigits, payloadOf } from "./payload.ts";

/**
 * Looks into every message of one receiver: the payloads have to come in the order of their numbers and byte for byte
 * as they were published. It looks for the payload that is due and for nothing else, which is one native search a
 * message: parsing them would cost the load more than receiving them.
 */
export class Inspector {
  /** The number of the next payload. */
  next: number;
  readonly #due: Buffer;
  readonly #digitsAt: number;
  #rest: Buffer = Buffer.alloc(0);

  /** `next`: the number of the first payload to come; `bytes`: the length of each. */
  constructor(next: number, bytes: number) {
    const text = payloadOf(next, bytes);
    this.next = next;
    this.#due = Buffer.from(text);
    this.#digitsAt = numberAt(text);
  }

  /** Takes the next bytes, of which `total` messages are complete; throws where one of those is not what is due. */
  feed(chunk: Buffer, total: number): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const found = bytes.indexOf(this.#due, at);
      if (found < 0) break;
      at = found + this.#due.length;
      this.#advance();
    }
    if (this.next < total) {
      const near = bytes.subarray(at, at + 300).toString("latin1");
      throw new Error(`lost or out of order: publication ${this.next} is not where it is due, but ${near}`);
    }
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  #advance(): void {
    this.next += 1;
    let rest = this.next;
    for (let index = numberDigits - 1; index >= 0; index--) {
      const digit = rest % 10;
      this.#due[this.#digitsAt + index] = 48 + digit;
      rest = (rest - digit) / 10;
      // The digits to the left change only on a carry.
      if (digit !== 0) break;
    }
  }
}
