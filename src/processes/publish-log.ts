import * as v from "valibot";
import { then } from "../core/maybe-promise.ts";
import type { PublishLogEntry } from "../messages/log-row.ts";
import type { LogQueries, PublishLog, PublishLogPage } from "../messages/publish-log.ts";
import { type PublishLogFilter, sentFilter } from "../messages/search.ts";
import { kinds } from "./kinds.ts";
import type { Link } from "./link.ts";
import { Service, serveMethods } from "./service.ts";

const text = v.optional(v.string());
const number = v.optional(v.number());

const entry = v.object({
  time: v.number(),
  key: v.string(),
  method: v.string(),
  channel: text,
  channels: number,
  user: text,
  client: text,
  id: text,
  bytes: v.number(),
  offset: number,
  connections: number,
  queued: v.boolean(),
  outcome: v.string(),
  idempotency_key: text,
  payload: text,
});

const page = v.object({ entries: v.array(v.object({ ...entry.entries, target: v.string() })), cursor: text });

/** The publish log of the parent process, as its workers use it. */
export class ParentPublishLog implements LogQueries {
  readonly #service: Service;

  constructor(link: Link) {
    this.#service = new Service(link, kinds.publishLog);
  }

  record(recorded: PublishLogEntry): void {
    this.#service.tell("record", recorded);
  }

  /** A page; null where there is no answer in time. */
  async query(asked: PublishLogFilter): Promise<PublishLogPage | null> {
    const found = await this.#service.ask("query", asked, v.nullable(page), null);
    if (found === null) return null;
    const { entries, cursor } = found;
    return { entries, ...(cursor !== undefined && { cursor }) };
  }
}

/** Has a worker use a log; null where pushes are not recorded. */
export function servePublishLog(link: Link, log: () => (Pick<PublishLog, "record"> & LogQueries) | null): void {
  serveMethods(link, kinds.publishLog, {
    record: (value) => log()?.record(v.parse(entry, value) as PublishLogEntry),
    query: (value) => then(log()?.query(v.parse(sentFilter, value)) ?? null, (found) => found),
  });
}
