import type { ByteReader, ByteWriter } from "../../core/bytes.ts";
import type { ClientError } from "../../core/errors.ts";
import type { Position } from "../../core/publication.ts";
import type { Account, HistoryOptions } from "../broker.ts";
import type { Appended, Entry, Message, Range, StreamRead } from "../remote/engine.ts";

/** A reader reads what its writer has written, and throws a RangeError on anything else. */
export function writeList<Item>(to: ByteWriter, items: readonly Item[], write: (item: Item) => void): void {
  to.u32(items.length);
  for (const item of items) write(item);
}

export function readList<Item>(from: ByteReader, read: () => Item): Item[] {
  const items: Item[] = [];
  // A wrong length ends in a RangeError at the end of the bytes.
  for (let left = from.u32(); left > 0; left--) items.push(read());
  return items;
}

export function writePosition(to: ByteWriter, { offset, epoch }: Position): void {
  to.f64(offset);
  to.text(epoch);
}

export function readPosition(from: ByteReader): Position {
  return { offset: from.f64(), epoch: from.text() };
}

export function writeOptions(to: ByteWriter, { durable, size, ttl, metaTtl }: HistoryOptions): void {
  to.u8(durable ? 1 : 0);
  to.f64(size);
  to.f64(ttl);
  to.f64(metaTtl);
}

export function readOptions(from: ByteReader): HistoryOptions {
  return { durable: from.u8() === 1, size: from.f64(), ttl: from.f64(), metaTtl: from.f64() };
}

function writeAccount(to: ByteWriter, account: Account | undefined): void {
  to.u8(account ? 1 : 0);
  if (!account) return;
  to.text(account.id);
  to.f64(account.share);
}

function readAccount(from: ByteReader): Account | null {
  return from.u8() === 1 ? { id: from.text(), share: from.f64() } : null;
}

export function writeEntry(to: ByteWriter, entry: Entry): void {
  const { channel, body, history, key, version, versionEpoch, account } = entry;
  to.text(channel);
  to.text(body);
  to.u8(history ? 1 : 0);
  if (history) writeOptions(to, history);
  to.text(key);
  to.f64(version);
  to.text(versionEpoch);
  writeAccount(to, account);
}

export function readEntry(from: ByteReader): Entry {
  const channel = from.text();
  const body = from.text();
  const history = from.u8() === 1 ? readOptions(from) : null;
  const key = from.text();
  const version = from.f64();
  const versionEpoch = from.text();
  const entry = { channel, body, history, key, version, versionEpoch };
  const account = readAccount(from);
  return account ? { ...entry, account } : entry;
}

function writeError(to: ByteWriter, { code, message, temporary }: ClientError): void {
  to.u32(code);
  to.text(message);
  to.u8(temporary ? 1 : 0);
}

function readError(from: ByteReader): ClientError {
  const error = { code: from.u32(), message: from.text() };
  return from.u8() === 1 ? { ...error, temporary: true } : error;
}

/** The first byte of a result: what became of an entry. */
const states = { known: 0, isNew: 1, isFirstKept: 2, refused: 3 };

export function writeAppended(to: ByteWriter, appended: Appended): void {
  if ("error" in appended) {
    to.u8(states.refused);
    writeError(to, appended.error);
  } else {
    to.u8(appended.isFirstKept ? states.isFirstKept : appended.isNew ? states.isNew : states.known);
    writePosition(to, appended.position);
  }
}

export function readAppended(from: ByteReader): Appended {
  const state = from.u8();
  if (state === states.refused) return { error: readError(from) };
  const isFirst = state === states.isFirstKept;
  const appended = { isNew: state !== states.known, position: readPosition(from) };
  return isFirst ? { ...appended, isFirstKept: true } : appended;
}

export function writeRange(to: ByteWriter, { epoch, from, to: end, limit, reverse, account }: Range): void {
  to.text(epoch);
  to.f64(from);
  to.f64(end ?? Number.NaN);
  to.f64(limit ?? Number.NaN);
  to.u8(reverse ? 1 : 0);
  writeAccount(to, account);
}

export function readRange(from: ByteReader): Range {
  const epoch = from.text();
  const [first, to, limit] = [from.f64(), from.f64(), from.f64()];
  const reverse = from.u8() === 1;
  const account = readAccount(from);
  return { epoch, from: first, to: orNull(to), limit: orNull(limit), reverse, ...(account && { account }) };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

export function writeStream(to: ByteWriter, { epoch, top, ttl, entries }: StreamRead): void {
  to.text(epoch);
  to.f64(top);
  to.f64(ttl);
  writeList(to, entries, ({ offset, body }) => {
    to.f64(offset);
    to.text(body);
  });
}

export function readStream(from: ByteReader): StreamRead {
  const [epoch, top, ttl] = [from.text(), from.f64(), from.f64()];
  return { epoch, top, ttl, entries: readList(from, () => ({ offset: from.f64(), body: from.text() })) };
}

export function writeMessage(to: ByteWriter, channel: string, message: Message): void {
  to.text(channel);
  writePosition(to, message);
  to.text(message.body);
  to.u8(message.isFirstKept ? 1 : 0);
}

export function readMessage(from: ByteReader): { readonly channel: string; readonly message: Message } {
  const channel = from.text();
  const position = readPosition(from);
  const body = from.text();
  const message = { offset: position.offset, epoch: position.epoch, body };
  return { channel, message: from.u8() === 1 ? { ...message, isFirstKept: true } : message };
}
