import { commandIdDigits, commandIdFirst, type Speech } from "../speech/speech.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import { FrameTemplate } from "../wire/frame-template.ts";
import { numberAt, numberDigits, payloadOf } from "../wire/payload.ts";
import { Client } from "./client.ts";

/** Bytes that are gathered before they are written, at the most. */
const batchMax = 262_144;

/** A frame to publish into one channel, and where in it the digits stand that change. */
interface Prepared {
  readonly template: FrameTemplate;
  readonly numberAt: number;
  readonly commandIdAt: number;
}

/** Whoever publishes in a run. */
export interface Publishing {
  /** Publishes whose answer has not come yet. */
  readonly unanswered: number;
  /** Payloads have this many bytes from here on. */
  resize(bytes: number): void;
  /** Publishes the payload with this number, at the latest with the next `flush`. */
  publish(channel: string, number: number): void;
  flush(): void;
  leave(): void;
}

/** A client that publishes; it is in no channel itself, or is left out of what it publishes. */
export class Publisher extends Client implements Publishing {
  /** Replies that have not come yet; each publish of a protocol that answers has to get its own. */
  unanswered = 0;
  readonly #reader = new FrameReader();
  readonly #prepared = new Map<string, Prepared>();
  readonly #batch: Buffer = Buffer.allocUnsafe(batchMax);
  #batched = 0;
  #bytes = 0;
  #commands = 0;

  readonly #speech: Speech;

  constructor(speech: Speech) {
    super();
    this.#speech = speech;
  }

  resize(bytes: number): void {
    this.#bytes = bytes;
    this.#prepared.clear();
  }

  publish(channel: string, number: number): void {
    const { template, numberAt, commandIdAt } = this.#prepare(channel);
    template.write(numberAt, numberDigits, number);
    if (this.#speech.answered) {
      template.write(commandIdAt, commandIdDigits, commandIdFirst + this.#commands);
      this.#commands += 1;
      this.unanswered += 1;
    }
    if (this.#batched + template.bytes.length > batchMax) this.flush();
    if (template.bytes.length > batchMax) {
      this.write(template.bytes);
      return;
    }
    template.bytes.copy(this.#batch, this.#batched);
    this.#batched += template.bytes.length;
  }

  flush(): void {
    if (this.#batched === 0) return;
    this.write(this.#batch.subarray(0, this.#batched));
    this.#batched = 0;
  }

  protected override take(chunk: Buffer): void {
    for (const frame of this.#reader.feed(chunk)) {
      for (const line of frame.payload.toString("latin1").split("\n")) this.#hear(line);
    }
  }

  #hear(line: string): void {
    if (line.includes('"error"')) throw new Error(`a publish was refused: ${line.slice(0, 200)}`);
    if (this.#speech.answered && line.includes('"publish"')) this.unanswered -= 1;
  }

  #prepare(channel: string): Prepared {
    const known = this.#prepared.get(channel);
    if (known) return known;
    const text = this.#speech.publishText(channel, payloadOf(0, this.#bytes));
    const prepared = {
      template: new FrameTemplate(text),
      numberAt: numberAt(text),
      commandIdAt: text.indexOf(String(commandIdFirst)),
    };
    this.#prepared.set(channel, prepared);
    return prepared;
  }
}
