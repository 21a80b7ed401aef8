import * as v from "valibot";
import { nameOf, storedName } from "../sqlite/names.ts";

/**
 * What became of a push. `ok`: published, or sent to the connections that were there. Of messages to users also: `nobody`
 * had a connection, and it was not kept; `queued`: it waits; `delivered_later`: what had waited without a guarantee was
 * sent; `delivered`: a connection has it for certain; `acknowledged` by a client; `expired` before that.
 */
type Outcome = "ok" | "nobody" | "queued" | "delivered_later" | "delivered" | "acknowledged" | "expired";

/** What became of one push; of `channel`, `channels`, `user` and `client` those that it named. */
export interface PublishLogEntry {
  /** When, in milliseconds since 1970. */
  readonly time: number;
  /** The name of the API key; "" where what had waited was delivered later. */
  readonly key: string;
  readonly method: string;
  readonly channel?: string | undefined;
  /** To how many channels, where a push named several. */
  readonly channels?: number | undefined;
  readonly user?: string | undefined;
  readonly client?: string | undefined;
  /** The id of a message that waits, or has waited, in the inbox. */
  readonly id?: string | undefined;
  /** The size of what was pushed. */
  readonly bytes: number;
  /** Its offset in its channel's history. */
  readonly offset?: number | undefined;
  /** Connections reached. */
  readonly connections?: number | undefined;
  /** Whether it waits for its user. */
  readonly queued: boolean;
  /** What became of it: see `Outcome`; or the code of an error. */
  readonly outcome: Outcome | `${number}`;
  readonly idempotency_key?: string | undefined;
  /** What was pushed, as JSON; absent where payloads are not kept, and where it is over 64 KiB. */
  readonly payload?: string | undefined;
}

/** An entry as it is read: with its target in words. */
export interface LoggedPush extends Omit<PublishLogEntry, "outcome"> {
  readonly target: string;
  readonly outcome: string;
}

/** The payload of an entry is left out over this many UTF-16 units: an entry is there to be read by a person. */
const payloadMax = 65_536;

const number = v.pipe(v.number(), v.safeInteger());
const name = v.pipe(v.string(), v.rawTransform(readName));

/** SQLite has no checksums: what is not of these shapes has been damaged. */
export const logRow = v.object({
  id: number,
  time: number,
  key: name,
  method: v.string(),
  channel: v.nullable(name),
  channels: v.nullable(number),
  user: v.nullable(name),
  client: v.nullable(name),
  bytes: number,
  offset: v.nullable(number),
  connections: v.nullable(number),
  queued: v.picklist([0, 1]),
  outcome: v.string(),
  idempotency_key: v.nullable(name),
  payload: v.nullable(v.string()),
  message: v.nullable(v.string()),
});

/** A row of `log`, which only the schema makes one that is believed. */
export type LogRow = v.InferInput<typeof logRow>;

/** An entry in the order of its columns. */
export type LogParameters = [
  time: number,
  key: string,
  method: string,
  channel: string | null,
  channels: number | null,
  user: string | null,
  client: string | null,
  bytes: number,
  offset: number | null,
  connections: number | null,
  queued: number,
  outcome: string,
  idempotency_key: string | null,
  payload: string | null,
  message: string | null,
];

function readName({ dataset, addIssue, NEVER }: Parameters<Parameters<typeof v.rawTransform<string, string>>[0]>[0]) {
  try {
    return nameOf(dataset.value);
  } catch {
    addIssue({ message: "a name that is not as written" });
    return NEVER;
  }
}

/** UTF-16 units of a name in the log: a request may name what is as long as its body. */
const nameMax = 1_024;

/** A name as the log keeps it, and as it is looked for there: cut where it is too long to be kept again and again. */
export function loggedName(name: string): string {
  return storedName(name.length > nameMax ? name.slice(0, nameMax) : name);
}

const stored = (name: string | undefined) => (name === undefined ? null : loggedName(name));

/** What is bound to keep the entry. */
export function parametersOf(entry: PublishLogEntry): LogParameters {
  const { payload = null } = entry;
  return [
    Math.round(entry.time),
    loggedName(entry.key),
    entry.method,
    stored(entry.channel),
    entry.channels ?? null,
    stored(entry.user),
    stored(entry.client),
    entry.bytes,
    entry.offset ?? null,
    entry.connections ?? null,
    entry.queued ? 1 : 0,
    entry.outcome,
    stored(entry.idempotency_key),
    payload !== null && payload.length <= payloadMax ? payload : null,
    entry.id ?? null,
  ];
}

/** The entry of a row that the schema has read: what is not there has no field. */
export function entryOf(row: v.InferOutput<typeof logRow>): LoggedPush {
  const { id: _, message, queued, time, key, method, bytes, outcome, ...optional } = row;
  const given = Object.fromEntries(Object.entries({ ...optional, id: message }).filter(([, value]) => value !== null));
  return { time, key, method, target: targetOf(row), ...given, bytes, queued: queued === 1, outcome };
}

function targetOf({ channel, channels, client, user }: v.InferOutput<typeof logRow>): string {
  return channel ?? (channels === null ? (client ?? user ?? "") : `${channels} channels`);
}
