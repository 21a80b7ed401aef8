import type { Payload } from "../core/payload.ts";
import { storedName } from "../sqlite/names.ts";
import type { Guarantee, NewMessage, OwedMessage } from "./inbox.ts";

/** A row of `messages`, whose checksum finds damage: `data` are the bytes, or the UTF-8 of the text. */
export interface MessageRow {
  readonly user: string;
  readonly message: string;
  readonly until: string;
  readonly per: string;
  readonly expires_at: number;
  readonly kind: string;
  readonly data: Uint8Array;
  readonly crc: number;
}

/** What a message is kept as: bytes as they are, and text as UTF-8. The user is named so that no two share a row. */
export function messageRow({ user, id, payload, guarantee }: NewMessage, expiresAt: number): MessageRow {
  const row = {
    user: storedName(user),
    message: id,
    until: guarantee?.until ?? "",
    per: guarantee?.per ?? "",
    expires_at: expiresAt,
    kind: payload.kind,
    data: bytesOf(payload),
  };
  return { ...row, crc: crcOf(row) };
}

/** What was kept; null where the row is not as it was written, for then it is not known what it said and to whom. */
export function messageOf(row: MessageRow & { readonly id: number }): OwedMessage | null {
  if (!(row.data instanceof Uint8Array) || row.crc !== crcOf(row)) return null;
  const payload = payloadOf(row);
  return payload && { position: row.id, id: row.message, payload, guarantee: guaranteeOf(row) };
}

/** The checksum says that both words are as they were written. */
function guaranteeOf({ until, per }: MessageRow): Guarantee | null {
  return until === "" ? null : ({ until, per } as Guarantee);
}

function payloadOf({ kind, data }: MessageRow): Payload | null {
  switch (kind) {
    case "json":
      return { kind, json: textOf(data) };
    case "text":
      return { kind, text: textOf(data) };
    case "binary":
      return { kind, bytes: data };
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

/**
 * SQLite has no checksums in the file: a flipped bit is to lose a message, not to change it. Messages of schema 1 have no
 * id and no guarantee, and keep the checksum that they were written with.
 */
function crcOf({ user, message, until, per, kind, data, expires_at }: Omit<MessageRow, "crc">): number {
  const rest = message + until + per === "" ? "" : `,${message},${until},${per}`;
  return Bun.hash.crc32(data, Bun.hash.crc32(`${expires_at},${kind},${user}${rest}`));
}
