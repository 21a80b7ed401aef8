import { Root } from "protobufjs";
import schema from "./wire-schema.json";

/** Fields whose bytes are shown as text, or as "hex:..." where they are not UTF-8. */
const bytesFields = new Set(["data", "conn_info", "chan_info", "prev_data"]);
const root = Root.fromJSON(schema as any);

const typeOf = (name: string) => root.lookupType(`centrifugal.centrifuge.protocol.${name}`);

/** The bytes of a text, or those that "hex:..." names. */
export const bytesOf = (text: string): Buffer =>
  text.startsWith("hex:") ? Buffer.from(text.slice(4), "hex") : Buffer.from(text);

export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return `hex:${Buffer.from(bytes).toString("hex")}`;
  }
}

export function encode(name: string, message: any): Uint8Array {
  const type = typeOf(name);
  return type.encode(type.fromObject(withBytes(message))).finish();
}

function decode(name: string, bytes: Uint8Array): any {
  const type = typeOf(name);
  return withText(type.toObject(type.decode(bytes), { longs: Number, enums: String }));
}

function withBytes(value: any, key = ""): any {
  if (typeof value === "string" && bytesFields.has(key)) return bytesOf(value);
  if (Array.isArray(value)) return value.map((each) => withBytes(each));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withBytes(each, name)]));
}

function withText(value: any): any {
  if (value instanceof Uint8Array) return textOf(value);
  if (Array.isArray(value)) return value.map(withText);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withText(each)]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** Commands as one frame, each with its length before it; a text "hex:..." is taken as these bytes, without a length. */
export function frame(commands: any[]): Buffer {
  return Buffer.concat(
    commands.flatMap((command) => {
      if (typeof command === "string") return [bytesOf(command)];
      const bytes = encode("Command", command);
      return [varint(bytes.length), bytes];
    }),
  );
}

/** Takes the whole messages from the front of what has arrived, and returns the rest. */
export function take(buffer: Buffer, name = "Reply"): { messages: any[]; rest: Buffer } {
  const messages: any[] = [];
  let rest = buffer;
  while (rest.length > 0) {
    let length = 0;
    let start = 0;
    let factor = 1;
    do {
      if (start >= rest.length) return { messages, rest };
      length += (rest[start]! & 127) * factor;
      factor *= 128;
    } while (rest[start++]! & 128);
    if (rest.length < start + length) return { messages, rest };
    const bytes = rest.subarray(start, start + length);
    try {
      messages.push(decode(name, bytes));
    } catch {
      messages.push({ binary: bytes.toString("hex") });
    }
    rest = rest.subarray(start + length);
  }
  return { messages, rest };
}

/** Takes the whole events from the front of an event stream: the data of each, or { raw } for an event that has other fields. */
export function events(text: string): { events: (string | { raw: string })[]; rest: string } {
  const parts = text.replace(/\r\n|\r/g, "\n").split("\n\n");
  const rest = parts.pop()!.replace(/^\n+/, "");
  const found: (string | { raw: string })[] = [];
  for (const part of parts) {
    const lines = part.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
    if (lines.length === 0) continue;
    const isData = lines.every((line) => line.startsWith("data:"));
    found.push(isData ? lines.map((line) => line.replace(/^data: ?/, "")).join("\n") : { raw: part });
  }
  return { events: found, rest };
}
