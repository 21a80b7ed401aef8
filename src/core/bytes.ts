/** The bit of a text's length that says that its bytes are UTF-16: text that is no Unicode has no UTF-8. */
const utf16 = 0x8000_0000;

/** Bytes that a writer has room for at first, and that an empty one keeps at the most. */
const firstBytes = 16_384;
const keptBytesMax = 4_194_304;

/** Values, one after the other, in bytes that grow: the form of messages between the processes of one node. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(firstBytes);
  /** What lies from `#head` to `#end` was written, and not dropped. */
  #head = 0;
  #end = 0;

  /** Bytes that were written and not dropped. */
  get length(): number {
    return this.#end - this.#head;
  }

  /** The place where the next value begins. */
  get place(): number {
    return this.#end;
  }

  /** What was written; valid until the next write. */
  get view(): Uint8Array {
    return this.#bytes.subarray(this.#head, this.#end);
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  u32(value: number): void {
    this.#bytes.writeUInt32LE(value, this.#grow(4));
  }

  f64(value: number): void {
    this.#bytes.writeDoubleLE(value, this.#grow(8));
  }

  text(value: string): void {
    const isUnicode = value.isWellFormed();
    const at = this.#grow(4 + value.length * (isUnicode ? 3 : 2));
    const length = this.#bytes.write(value, at + 4, isUnicode ? "utf8" : "utf16le");
    this.#bytes.writeUInt32LE(isUnicode ? length : (length | utf16) >>> 0, at);
    this.#end = at + 4 + length;
  }

  bytes(value: Uint8Array): void {
    this.u32(value.byteLength);
    this.#bytes.set(value, this.#grow(value.byteLength));
  }

  /** Writes over what was written at a place. */
  patchU32(at: number, value: number): void {
    this.#bytes.writeUInt32LE(value, at);
  }

  /** Forgets what was written from a place on. */
  cut(place: number): void {
    this.#end = place;
  }

  /** Forgets the first bytes. */
  drop(count: number): void {
    this.#head += count;
    if (this.#head === this.#end) {
      this.#head = 0;
      this.#end = 0;
      // A burst is no reason to keep its room for ever.
      if (this.#bytes.length > keptBytesMax) this.#bytes = Buffer.allocUnsafeSlow(firstBytes);
    } else if (this.#head > this.#bytes.length / 2) {
      this.#bytes.copyWithin(0, this.#head, this.#end);
      this.#end -= this.#head;
      this.#head = 0;
    }
  }

  /** Makes room; the place where it begins. */
  #grow(count: number): number {
    const at = this.#end;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#end = needed;
    return at;
  }
}

/** Reads what a `ByteWriter` has written. Throws a RangeError where the bytes are not as long as they say. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  f64(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  text(): string {
    const head = this.u32();
    const length = head & 0x7fff_ffff;
    const at = this.#take(length);
    return this.#bytes.toString(head >= utf16 ? "utf16le" : "utf8", at, at + length);
  }

  /** A view of the bytes: valid as long as those that are read. */
  bytes(): Uint8Array {
    const length = this.u32();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#bytes.length) throw new RangeError(`${length} bytes are said to be at ${at}, and are not`);
    this.#at = at + length;
    return at;
  }
}
