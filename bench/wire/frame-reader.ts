/** One frame from the server, in whole. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/**
 * Reads frames with what is in them: for greetings, for replies to publishers, and for the receivers whose messages
 * are looked at. The others only count (`frame-count.ts`).
 */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** Takes the next bytes; returns the frames that they complete. */
  feed(chunk: Uint8Array): ServerFrame[] {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#bytes, chunk]);
    const frames: ServerFrame[] = [];
    let at = 0;
    for (;;) {
      const size = sizeOf(this.#bytes, at);
      if (size === null || at + size.header + size.payload > this.#bytes.length) break;
      const from = at + size.header;
      frames.push({ opcode: (this.#bytes[at] ?? 0) & 0xf, payload: this.#bytes.subarray(from, from + size.payload) });
      at = from + size.payload;
    }
    this.#bytes = this.#bytes.subarray(at);
    return frames;
  }
}

function sizeOf(bytes: Buffer, at: number): { header: number; payload: number } | null {
  const left = bytes.length - at;
  const second = bytes[at + 1];
  if (left < 2 || second === undefined) return null;
  if (second < 126) return { header: 2, payload: second };
  if (second === 126) return left < 4 ? null : { header: 4, payload: bytes.readUInt16BE(at + 2) };
  return left < 10 ? null : { header: 10, payload: Number(bytes.readBigUInt64BE(at + 2)) };
}
