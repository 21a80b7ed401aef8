import * as v from "valibot";
import { then } from "../core/maybe-promise.ts";
import type { Payload } from "../core/payload.ts";
import { payloadOfText, textOfPayload } from "../core/payload-text.ts";
import type { EndedMessage, Inbox, OwedMessage } from "../messages/inbox.ts";
import { kinds } from "./kinds.ts";
import type { Link } from "./link.ts";
import { readJson, writeJson } from "./messages.ts";
import { Service, serveMethods } from "./service.ts";

const guarantee = v.nullable(
  v.object({ until: v.picklist(["delivered", "acknowledged"]), per: v.picklist(["user", "device"]) }),
);

/** A payload in JSON; bytes as base64. */
const payload = v.pipe(
  v.object({ kind: v.picklist(["json", "text", "binary"]), text: v.string() }),
  v.transform(({ kind, text }) => payloadOfText(kind, text)),
);

const message = v.pipe(
  v.object({
    user: v.string(),
    id: v.string(),
    payload,
    guarantee,
    expiresAt: v.nullable(v.number()),
    remember: v.optional(v.object({ key: v.string(), answer: v.string() })),
  }),
  v.transform(({ expiresAt, remember, ...rest }) => ({
    ...rest,
    // JSON has no infinity.
    expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
    ...(remember && { remember }),
  })),
);

const device = { user: v.string(), device: v.string() };
const ids = v.array(v.string());
const take = v.object({ ...device, after: v.number(), bytesMax: v.number() });
const owed = v.object({ ...device, ids });
const settle = v.object({ ...device, ids, how: v.picklist(["delivered", "acknowledged"]) });
const remember = v.object({ key: v.string(), answer: v.string() });

const owedMessages = v.array(v.object({ position: v.number(), id: v.string(), payload, guarantee }));
const endedMessages = v.array(v.object({ user: v.string(), id: v.string(), bytes: v.number() }));
const recalled = v.variant("state", [
  v.object({ state: v.picklist(["new", "failed"]) }),
  v.object({ state: v.literal("answered"), answer: v.string() }),
]);
const appendOutcome = v.picklist(["kept", "answered", "limit", "too_large", "expired", "failed"]);
const rememberOutcome = v.picklist(["kept", "answered", "limit", "failed"]);

/** The inbox of the parent process, as its workers use it: what is not answered has failed. */
export class ParentInbox implements Inbox {
  readonly #service: Service;
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
    this.#service = new Service(link, kinds.inbox);
  }

  append(message: Parameters<Inbox["append"]>[0]) {
    return this.#service.ask("append", { ...message, payload: plain(message.payload) }, appendOutcome, "failed");
  }

  take(asked: Parameters<Inbox["take"]>[0]): Promise<readonly OwedMessage[] | null> {
    return this.#service.ask("take", asked, v.nullable(owedMessages), null);
  }

  owed(of: Parameters<Inbox["owed"]>[0], known: readonly string[]): Promise<readonly OwedMessage[] | null> {
    return this.#service.ask("owed", { ...of, ids: known }, v.nullable(owedMessages), null);
  }

  settle(...[of, known, how]: Parameters<Inbox["settle"]>): Promise<readonly EndedMessage[] | null> {
    return this.#service.ask("settle", { ...of, ids: known, how }, v.nullable(endedMessages), null);
  }

  sweep(): Promise<readonly EndedMessage[]> {
    return this.#service.ask("sweep", null, endedMessages, []);
  }

  remember(key: string, answer: string) {
    return this.#service.ask("remember", { key, answer }, rememberOutcome, "failed");
  }

  recall(key: string) {
    return this.#service.ask("recall", key, recalled, { state: "failed" });
  }

  listen(appended: (user: string) => void): void {
    this.#link.onTold(kinds.appended, (body) => appended(readJson(body, v.string())));
  }
}

/** An inbox that may not be there yet. */
export interface ServedInbox {
  /** Null where nothing was kept yet. */
  opened(): Inbox | null;
  /** The same, opened for something to be kept; null where it cannot be had. */
  needed(): Inbox | null;
}

/** Has a worker use an inbox. */
export function serveInbox(link: Link, { opened, needed }: ServedInbox): void {
  const messages = (given: readonly OwedMessage[] | null) =>
    given?.map((each) => ({ ...each, payload: plain(each.payload) })) ?? null;
  serveMethods(link, kinds.inbox, {
    append: (value) => needed()?.append(v.parse(message, value)) ?? "failed",
    take: (value) => then(opened()?.take(v.parse(take, value)) ?? [], messages),
    owed: (value) => {
      const { ids: known, ...of } = v.parse(owed, value);
      return then(opened()?.owed(of, known) ?? [], messages);
    },
    settle: (value) => {
      const { ids: known, how, ...of } = v.parse(settle, value);
      return opened()?.settle(of, known, how) ?? [];
    },
    sweep: () => opened()?.sweep() ?? [],
    remember: (value) => {
      const { key, answer } = v.parse(remember, value);
      return needed()?.remember(key, answer) ?? "failed";
    },
    recall: (value) => opened()?.recall(v.parse(v.string(), value)) ?? { state: "new" },
  });
}

/** Tells a worker that something was appended for a user. */
export function tellAppended(link: Link, user: string): void {
  link.tell(kinds.appended, writeJson(user));
}

function plain(given: Payload) {
  return { kind: given.kind, text: textOfPayload(given) };
}
