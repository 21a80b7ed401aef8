import { type Payload, payloadToJson, tagsOf } from "../../../core/payload.ts";
import type { ClientInfo, Publication } from "../../../core/publication.ts";
import { DamageError } from "../../../sqlite/damage.ts";

/** A row of `streams`: one channel's stream. Times are milliseconds since 1970, for they outlive the process. */
export interface StreamRow {
  readonly id: number;
  /** What `storedName` made of the channel. */
  readonly channel: string;
  readonly epoch: string;
  readonly top: number;
  readonly first: number;
  /** No publication below this offset is in the file; from here to `first` they wait to be deleted. */
  readonly oldest: number;
  readonly version: number;
  readonly version_epoch: string;
  readonly expires_at: number;
  readonly forget_at: number;
  readonly crc: number;
}

/**
 * A row of `publications`; `data`, `tags` and the two infos are raw JSON. Where the publication has a version, `tags` is a
 * list of the tags and of it: such publications are few, and files of earlier versions have no column for it.
 */
export interface PublicationRow {
  readonly stream: number;
  readonly offset: number;
  readonly data: string;
  readonly tags: string | null;
  readonly user: string | null;
  readonly client: string | null;
  readonly conn_info: string | null;
  readonly chan_info: string | null;
  readonly crc: number;
}

/** SQLite has no checksums of its own in the file, so every row has one: a flipped bit is never taken for data. */
export function streamCrc(row: Omit<StreamRow, "crc">): number {
  const { id, channel, epoch, top, first, oldest, version, version_epoch, expires_at, forget_at } = row;
  return Bun.hash.crc32(
    `${id},${top},${first},${oldest},${version},${expires_at},${forget_at},${epoch},${version_epoch},${channel}`,
  );
}

function publicationCrc(row: Omit<PublicationRow, "crc">): number {
  const { stream, offset, data, tags, user, client, conn_info, chan_info } = row;
  const info = user === null ? "" : `${user},${client},${conn_info},${chan_info}`;
  return Bun.hash.crc32(`${stream},${offset},${info},${tags},${data}`);
}

export function keyCrc(channel: string, key: string, offset: number, epoch: string, expiresAt: number): number {
  return Bun.hash.crc32(`${offset},${epoch},${expiresAt},${channel.length},${channel},${key}`);
}

/** What a publication is kept as: what is not JSON becomes it, as for a client that reads only JSON. */
export function publicationRow(stream: number, publication: Publication): PublicationRow {
  const { data, offset, info, version } = publication;
  const tags = tagsOf(data, publication.tags);
  const row = {
    stream,
    offset,
    data: payloadToJson(data),
    tags: version ? JSON.stringify([tags ?? null, version]) : tags === undefined ? null : JSON.stringify(tags),
    user: info?.user ?? null,
    client: info?.client ?? null,
    conn_info: info?.connInfo ?? null,
    chan_info: info?.chanInfo ?? null,
  };
  return { ...row, crc: publicationCrc(row) };
}

/** The publication that was kept; its offset is the one that it has to have. */
export function publicationOfRow(row: PublicationRow, offset: number, epoch: string): Publication {
  const asWritten = row.offset === offset && typeof row.data === "string" && row.crc === publicationCrc(row);
  if (!asWritten) throw new DamageError("a publication that is not as written");
  const data: Payload = { kind: "json", json: row.data };
  const info = infoOf(row);
  if (row.tags === null) return info === null ? { data, offset, epoch } : { data, offset, epoch, info };
  return { data, offset, epoch, ...(info && { info }), ...tagsOfRow(row.tags) };
}

function infoOf({ user, client, conn_info, chan_info }: PublicationRow): ClientInfo | null {
  if (user === null || client === null) return null;
  const connInfo = conn_info === null ? null : { connInfo: conn_info };
  const chanInfo = chan_info === null ? null : { chanInfo: chan_info };
  return { user, client, ...connInfo, ...chanInfo };
}

/** The checksum has vouched for the text: it is what `publicationRow` made. */
function tagsOfRow(json: string): Pick<Publication, "tags" | "version"> {
  const kept: Readonly<Record<string, string>> | readonly [Readonly<Record<string, string>> | null, number] =
    JSON.parse(json);
  if (!isVersioned(kept)) return { tags: kept };
  const [tags, version] = kept;
  return tags === null ? { version } : { tags, version };
}

function isVersioned(kept: object): kept is readonly [Readonly<Record<string, string>> | null, number] {
  return Array.isArray(kept);
}

/** Refuses a row that cannot have been written so. */
export function checkStreamRow(row: StreamRow): void {
  const { top, first, oldest } = row;
  const ordered = 1 <= oldest && oldest <= first && first <= top + 1 && Number.isSafeInteger(top);
  if (!ordered || row.crc !== streamCrc(row)) throw new DamageError("a stream that is not as written");
}
