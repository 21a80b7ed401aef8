import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** A message that is written. */
export interface FinishedMessage {
  finish(): Uint8Array;
}

/** A message being written, field by field. A zero value is left out, as the protocol's own codecs do. */
export class MessageWriter {
  readonly #writer = new BinaryWriter();

  text(field: number, value: string | undefined): this {
    return value ? this.bytes(field, Buffer.from(value)) : this;
  }

  bytes(field: number, value: Uint8Array): this {
    if (value.byteLength > 0) this.#writer.tag(field, WireType.LengthDelimited).bytes(value);
    return this;
  }

  /** An unsigned integer, up to 2^53 - 1. */
  number(field: number, value: number | null): this {
    if (value) this.#writer.tag(field, WireType.Varint).uint64(value);
    return this;
  }

  flag(field: number, value: boolean): this {
    if (value) this.#writer.tag(field, WireType.Varint).bool(true);
    return this;
  }

  /** A message, written also where it is empty. */
  message(field: number, value: FinishedMessage): this {
    this.#writer.tag(field, WireType.LengthDelimited).bytes(value.finish());
    return this;
  }

  /** Whether and in how many seconds something expires. */
  expiry(expires: number, ttl: number | null): this {
    return ttl === null ? this : this.flag(expires, true).number(expires + 1, ttl);
  }

  /** The entries of a map: messages of a key (1) and a value (2). */
  map<Value>(field: number, map: ReadonlyMap<string, Value>, encode: (value: Value) => MessageWriter): this {
    for (const [key, value] of map) this.message(field, new MessageWriter().text(1, key).message(2, encode(value)));
    return this;
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }

  /** The message with its length before it, as in a frame. */
  frame(): Uint8Array {
    return new BinaryWriter().bytes(this.finish()).finish();
  }
}
