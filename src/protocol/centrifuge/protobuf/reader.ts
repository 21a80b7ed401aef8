import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { Fields } from "../schema.ts";
import type { Field, Message } from "./messages.ts";

/** Messages in messages: more than a filter of the permitted depth needs. */
const levelsMax = 100;

/** The value of text that is not UTF-8. A lone surrogate is in no well-formed name, so no channel is called so. */
const notUtf8 = "\ud800";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one message as an object with the protocol's field names, the same object as its JSON form is parsed to, but
 * `bytes` are bytes. Of a repeated field the last counts, a repeated message is merged.
 *
 * @throws where the bytes are not this message: a field that is cut, of another wire type, or beyond its message
 */
export function readMessage(bytes: Uint8Array, message: Message): Fields {
  const fields: Record<string, unknown> = {};
  readInto(fields, bytes, { message, levels: levelsMax });
  return fields;
}

interface Place {
  readonly message: Message;
  /** How much deeper messages may go. */
  readonly levels: number;
}

function readInto(fields: Record<string, unknown>, bytes: Uint8Array, { message, levels }: Place): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = message.get(number);
    if (!field) reader.skip(wireType, number);
    else {
      const expected = isVarint(field) ? WireType.Varint : WireType.LengthDelimited;
      if (wireType !== expected) throw new Error(`field ${number} has wire type ${wireType}`);
      store(fields, field, { reader, levels });
    }
  }
  if (reader.pos > reader.len) throw new Error("a field extends past its message");
}

function isVarint({ type, many }: Field): boolean {
  return many !== "map" && typeof type === "string" && type !== "string" && type !== "bytes";
}

interface Source {
  readonly reader: BinaryReader;
  readonly levels: number;
}

function store(fields: Record<string, unknown>, field: Field, source: Source): void {
  const { name, many } = field;
  const earlier = fields[name];
  if (many === "map") {
    const [key, value] = readEntry(field, source);
    fields[name] = withKey(earlier, key, value);
  } else if (many === "list") {
    const list = Array.isArray(earlier) ? earlier : [];
    list.push(readValue(field, source, undefined));
    fields[name] = list;
  } else {
    fields[name] = readValue(field, source, earlier);
  }
}

/** A map with one key more. The key may be `__proto__`, which is a key like any other only where it is defined so. */
function withKey(earlier: unknown, key: string, value: unknown): unknown {
  const map = typeof earlier === "object" && earlier !== null ? earlier : {};
  return Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

/** An entry of a map is a message of its own: the key is field 1, the value field 2; an absent one has its zero value. */
function readEntry({ type }: Field, { reader, levels }: Source): [key: string, value: unknown] {
  const entry: Message = new Map([
    [1, { name: "key", type: "string" }],
    [2, { name: "value", type }],
  ]);
  const fields: Record<string, unknown> = { key: "", value: typeof type === "string" ? "" : {} };
  readInto(fields, reader.bytes(), { message: entry, levels: deeper(levels) });
  return [String(fields["key"]), fields["value"]];
}

function readValue({ type }: Field, { reader, levels }: Source, earlier: unknown): unknown {
  switch (type) {
    case "uint32":
      return reader.uint32();
    case "int32":
      return reader.int32();
    case "uint64":
      return Number(reader.uint64());
    case "int64":
      return Number(reader.int64());
    case "bool":
      return reader.bool();
    case "bytes":
      return reader.bytes();
    case "string":
      return textOf(reader.bytes());
    default: {
      const fields = typeof earlier === "object" && earlier !== null ? { ...earlier } : {};
      readInto(fields, reader.bytes(), { message: type(), levels: deeper(levels) });
      return fields;
    }
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return notUtf8;
  }
}

function deeper(levels: number): number {
  if (levels === 0) throw new Error("too many levels of messages");
  return levels - 1;
}
