/** The masking key of every frame that the load sends. It need not be random here, but must not be zero: real ones are not. */
const mask = [0x5a, 0xc3, 0x1f, 0x96] as const;

const maskAt = (index: number) => mask[index & 3] ?? 0;

/** A masked text frame from client to server (RFC 6455 5.2). */
export function textFrame(text: string): Buffer {
  return clientFrame(0x1, Buffer.from(text));
}

/** A masked frame, complete in itself unless `final` is false. */
export function clientFrame(opcode: number, payload: Uint8Array, final = true): Buffer {
  const header = headerOf(opcode, payload.byteLength, final);
  const frame = Buffer.alloc(header.length + 4 + payload.byteLength);
  frame.set(header, 0);
  frame.set(mask, header.length);
  for (let index = 0; index < payload.byteLength; index++) {
    frame[header.length + 4 + index] = (payload[index] ?? 0) ^ maskAt(index);
  }
  return frame;
}

function headerOf(opcode: number, length: number, final: boolean): number[] {
  const first = (final ? 0x80 : 0) | opcode;
  if (length < 126) return [first, 0x80 | length];
  if (length < 65_536) return [first, 0x80 | 126, length >> 8, length & 0xff];
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length));
  return [first, 0x80 | 127, ...bytes];
}

/**
 * A frame that is built once and sent many times, with some of its digits changed: formatting a fresh frame for each
 * publication would cost the load process more than sending it.
 */
export class FrameTemplate {
  readonly bytes: Buffer;
  readonly #payloadAt: number;

  constructor(text: string) {
    this.bytes = textFrame(text);
    this.#payloadAt = this.bytes.length - Buffer.byteLength(text);
  }

  /** Writes `value` as `digits` decimal digits with leading zeros, `at` that byte of the text. */
  write(at: number, digits: number, value: number): void {
    let rest = value;
    for (let index = at + digits - 1; index >= at; index--) {
      const digit = rest % 10;
      rest = (rest - digit) / 10;
      this.bytes[this.#payloadAt + index] = (48 + digit) ^ maskAt(index);
    }
  }
}
