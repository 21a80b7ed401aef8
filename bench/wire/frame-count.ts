/**
 * Counts the frames that one client receives, without making anything of them. Where all frames of a run have one
 * length the bytes are divided by it and never looked at; otherwise it walks from header to header (RFC 6455 5.2).
 */
export class FrameCount {
  /** Messages received in whole: data frames, or what they contain where a server joins messages. */
  total = 0;
  /** Bytes of the last whole frame, header included: what a pilot learns the length from. */
  lastLength = 0;
  /** Bytes of the last whole frame's payload. */
  lastPayload = 0;
  #fixed = 0;
  #joined = 0;
  /** Bytes of the frame under way that were seen (when fixed) or are still to come (when walking). */
  #seen = 0;
  #rest = 0;
  #header: number[] = [];
  #counts = true;

  /** From here on every frame has this many bytes. Only between frames. */
  expectFixed(length: number): void {
    this.#assertWhole();
    this.#fixed = length;
    this.#joined = 0;
  }

  /** From here on a frame holds one or more messages of this many bytes with a newline between them. */
  expectJoined(length: number): void {
    this.#assertWhole();
    this.#fixed = 0;
    this.#joined = length;
  }

  /** From here on frames may have any length. Only between frames. */
  expectAny(): void {
    this.#assertWhole();
    this.#fixed = 0;
    this.#joined = 0;
  }

  /** Whether no frame is under way. */
  get whole(): boolean {
    return this.#seen === 0 && this.#rest === 0 && this.#header.length === 0;
  }

  /** Takes the next bytes; returns `total`. */
  feed(chunk: Uint8Array): number {
    if (this.#fixed > 0) {
      const bytes = this.#seen + chunk.byteLength;
      const frames = Math.floor(bytes / this.#fixed);
      this.#seen = bytes - frames * this.#fixed;
      this.total += frames;
      return this.total;
    }
    return this.#walk(chunk);
  }

  #walk(chunk: Uint8Array): number {
    const end = chunk.byteLength;
    let at = 0;
    while (at < end) {
      if (this.#rest === 0) {
        at = this.#begin(chunk, at);
        if (this.#rest > 0 || this.#header.length > 0) continue;
      }
      const taken = Math.min(this.#rest, end - at);
      at += taken;
      this.#rest -= taken;
      if (this.#rest === 0) this.#finish();
    }
    return this.total;
  }

  /** Reads a header, or as much of it as there is; returns where to go on. */
  #begin(chunk: Uint8Array, from: number): number {
    const second = chunk[from + 1] ?? 127;
    const mayBeCut = this.#header.length > 0 || from + 3 >= chunk.byteLength;
    if (mayBeCut || second === 127) return this.#beginSlowly(chunk, from);
    if (second < 126) {
      this.#open(chunk[from] ?? 0, 2, second);
      return from + 2;
    }
    this.#open(chunk[from] ?? 0, 4, (chunk[from + 2] ?? 0) * 256 + (chunk[from + 3] ?? 0));
    return from + 4;
  }

  /** For headers of frames over 64 KiB, and those that may be cut in two by the end of a chunk. */
  #beginSlowly(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.byteLength) {
      this.#header.push(chunk[at] ?? 0);
      at += 1;
      const second = this.#header[1];
      if (second === undefined) continue;
      const size = second < 126 ? 2 : second === 126 ? 4 : 10;
      if (this.#header.length < size) continue;
      this.#open(this.#header[0] ?? 0, size, lengthIn(this.#header));
      this.#header = [];
      return at;
    }
    return at;
  }

  #open(first: number, headerBytes: number, payloadBytes: number): void {
    this.#rest = payloadBytes;
    this.lastPayload = payloadBytes;
    this.lastLength = headerBytes + payloadBytes;
    this.#counts = isData(first);
  }

  #finish(): void {
    if (!this.#counts) return;
    this.total += this.#joined === 0 ? 1 : this.#messages();
  }

  #messages(): number {
    const messages = (this.lastPayload + 1) / (this.#joined + 1);
    if (!Number.isInteger(messages))
      throw new Error(`a frame of ${this.lastPayload} bytes is no whole number of messages`);
    return messages;
  }

  #assertWhole(): void {
    if (!this.whole) throw new Error("the expected length changed in the middle of a frame");
  }
}

/** Text and binary frames; a close frame is loud, because no run ends connections. */
function isData(first: number): boolean {
  const opcode = first & 0xf;
  if (opcode === 0x8) throw new Error("the server closed a connection of the load");
  return opcode === 0x1 || opcode === 0x2;
}

function lengthIn(header: readonly number[]): number {
  const second = header[1] ?? 0;
  if (second < 126) return second;
  return header.slice(2).reduce((length, byte) => length * 256 + byte, 0);
}
