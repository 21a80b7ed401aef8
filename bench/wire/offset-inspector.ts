import { FrameReader } from "./frame-reader.ts";

/**
 * Looks into every message of one receiver where several publish at the same time, so that nobody can say beforehand in
 * which order: the offsets have to come one by one, and no payload twice.
 */
export class OffsetInspector {
  readonly #reader = new FrameReader();
  readonly #numbers = new Set<string>();
  #last: number | null = null;

  /** Takes the next bytes; throws where a message is missing, doubled or out of place. */
  feed(chunk: Uint8Array): void {
    for (const { payload } of this.#reader.feed(chunk)) {
      for (const message of payload.toString("latin1").split("\n")) this.#look(message);
    }
  }

  #look(message: string): void {
    const offset = Number(/"offset":(\d+)/.exec(message)?.[1]);
    const number = /"n":"(\d+)"/.exec(message)?.[1];
    if (Number.isNaN(offset) || number === undefined) throw new Error(`no publication: ${message.slice(0, 200)}`);
    if (this.#last !== null && offset !== this.#last + 1) {
      throw new Error(`lost or out of order: offset ${offset} after ${this.#last}`);
    }
    if (this.#numbers.has(number)) throw new Error(`publication ${number} came twice`);
    this.#last = offset;
    this.#numbers.add(number);
  }
}
