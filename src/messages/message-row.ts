import type { Payload } from "../core/payload.ts";
import { storedName } from "../sqlite/names.ts";
import type { MessageRow } from "./statements.ts";

/** A user as the file names it, so that no two users share a row. */
export function storedUser(user: string): string {
  return storedName(user);
}

/** What a message is kept as: bytes as they are, and text as UTF-8. */
export function messageRow(user: string, payload: Payload, expiresAt: number): MessageRow {
  const row = { user: storedUser(user), kind: payload.kind, data: bytesOf(payload), expires_at: expiresAt };
  return { ...row, crc: crcOf(row) };
}

/** What was kept; null where the row is not as it was written, for then nobody knows what it said and to whom. */
export function payloadOf(row: MessageRow): Payload | null {
  if (!(row.data instanceof Uint8Array) || row.crc !== crcOf(row)) return null;
  switch (row.kind) {
    case "json":
      return { kind: "json", json: textOf(row.data) };
    case "text":
      return { kind: "text", text: textOf(row.data) };
    case "binary":
      return { kind: "binary", bytes: row.data };
    default:
      return null;
  }
}

function bytesOf(payload: Payload): Uint8Array {
  switch (payload.kind) {
    case "json":
      return Buffer.from(payload.json);
    case "text":
      return Buffer.from(payload.text);
    case "binary":
      return payload.bytes;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** SQLite has no checksums in the file: a flipped bit is to lose a message, not to change it. */
function crcOf({ user, kind, data, expires_at }: Omit<MessageRow, "crc">): number {
  return Bun.hash.crc32(data, Bun.hash.crc32(`${expires_at},${kind},${user}`));
}
