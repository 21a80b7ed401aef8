import { type ClientError, errors } from "../../core/errors.ts";
import type { Position } from "../../core/publication.ts";
import type {
  Account,
  Broker,
  Draft,
  HistoryFilter,
  HistoryOptions,
  HistoryOutcome,
  Joined,
  Outcome,
  Since,
  Wish,
} from "../broker.ts";
import { Delivery } from "../delivery.ts";
import { type Waiting, WaitingGroup } from "./group.ts";
import { IdempotencyKeys, idempotencyMs, keyDigest } from "./idempotency.ts";
import type { LocalBrokerParts } from "./parts.ts";
import { publicationOf } from "./publication.ts";
import { type LocalBrokerCounts, Report } from "./report.ts";
import type { Appended, Store } from "./store.ts";
import { StreamReader } from "./stream-reader.ts";

type Done = (outcome: Outcome) => void;

const nowhere: Position = { offset: 0, epoch: "" };
const notKept: Outcome = { ok: true, value: nowhere };
const notJoined: Joined = { position: nowhere, publications: [], recovered: false };
const internal = { ok: false, error: errors.internal } as const satisfies Outcome;

/** Orders what comes and what is asked for, so that nothing is visible before it is committed, and nothing overtakes. */
export class OrderedBroker implements Broker {
  readonly #parts: LocalBrokerParts;
  readonly #report: Report;
  readonly #delivery: Delivery;
  readonly #reader: StreamReader;
  readonly #keys: IdempotencyKeys;
  readonly #group: WaitingGroup;
  /** What was committed or refused and is not answered yet; outside of an answer there is nothing in it. */
  #ready: Waiting[] = [];
  #answered = 0;
  /** Publications that wait or are ready: at 0 there is nothing to overtake. */
  #unsettled = 0;

  constructor(parts: LocalBrokerParts) {
    this.#parts = parts;
    this.#report = new Report(parts.clock, parts.log);
    this.#delivery = new Delivery(parts.events, this.#report);
    this.#reader = new StreamReader((store, work) => this.#attempt(store, work), this.#report);
    this.#group = new WaitingGroup(parts.schedule, () => this.flush());
    this.#keys = new IdempotencyKeys(parts.clock, parts.idempotencyBytesMax ?? 134_217_728);
    const { sqlite } = parts.stores;
    const kept = this.#attempt(sqlite, () => sqlite.keys()) ?? [];
    for (const { digest, offset, epoch, remainingMs } of kept) this.#keys.keep(digest, { offset, epoch }, remainingMs);
  }

  get counts(): Readonly<LocalBrokerCounts> {
    return this.#report.counts;
  }

  get idempotencyKeys(): number {
    return this.#keys.size;
  }

  /** The hottest path of the product: what is not kept goes straight on, where there is nothing to overtake. */
  publish(draft: Draft, done: Done | null): void {
    const nothingToWaitFor = this.#unsettled === 0 && !this.#delivery.busy;
    if (nothingToWaitFor && draft.history === null && !isKeyed(draft)) {
      this.#delivery.handOn(draft.channel, publicationOf(draft, 0, ""), draft.exclude);
      this.#delivery.answer(draft.channel, done, notKept);
    } else {
      this.#accept(draft, done);
    }
  }

  /** Everything is here already: nothing has to be prepared. */
  prepare(_wishes: readonly Wish[], _ready: () => void): boolean {
    return true;
  }

  join(
    channel: string,
    options: HistoryOptions | null,
    since: Since | null,
    attach: (joined: Joined | null, error?: ClientError) => void,
    account?: Account,
  ): void {
    if (this.#delivery.postpone(() => this.join(channel, options, since, attach, account))) return;
    this.#settle(channel);
    const joined =
      options === null ? notJoined : this.#reader.join(this.#storeOf(options), channel, { options, since, account });
    const attached = (given: typeof joined) => {
      if (given !== null && "refused" in given) attach(null, given.refused);
      else attach(given);
    };
    this.#delivery.answer(channel, attached, joined);
  }

  /** Delivering to a channel without subscribers costs nothing that could be saved here. */
  leave(_channel: string): void {}

  history(
    channel: string,
    options: HistoryOptions,
    filter: HistoryFilter,
    done: (outcome: HistoryOutcome) => void,
  ): void {
    if (this.#delivery.postpone(() => this.history(channel, options, filter, done))) return;
    this.#settle(channel);
    this.#delivery.answer(channel, done, this.#reader.page(this.#storeOf(options), channel, options, filter));
  }

  historyRemove(channel: string, options: HistoryOptions, done: (error: ClientError | null) => void): void {
    if (this.#delivery.postpone(() => this.historyRemove(channel, options, done))) return;
    this.#settle(channel);
    const store = this.#storeOf(options);
    const cleared = this.#attempt(store, () => {
      store.clear(channel);
      return true;
    });
    this.#delivery.answer(channel, done, cleared === true ? null : errors.internal);
  }

  top(channel: string, options: HistoryOptions): Position | null {
    if (!this.#delivery.busy) this.#answerReady();
    const store = this.#storeOf(options);
    const stream = this.#attempt(store, () => store.peek(channel));
    return stream === null ? null : { offset: stream.top, epoch: stream.epoch };
  }

  expiresIn(channel: string, options: HistoryOptions): number {
    const store = this.#storeOf(options);
    const expiresAt = this.#attempt(store, () => store.peek(channel))?.expiresAt ?? 0;
    return Math.max(0, expiresAt - this.#parts.clock.monotonic());
  }

  flush(): boolean {
    if (this.#delivery.postpone(() => this.flush())) return false;
    this.#answerReady();
    while (!this.#group.empty) this.#commit();
    return true;
  }

  sweep(): void {
    this.#keys.sweep();
    for (const store of this.#distinctStores()) this.#attempt(store, () => store.sweep());
  }

  /** Does it before it returns. */
  close(): Promise<void> {
    this.flush();
    for (const store of this.#distinctStores()) store.close();
    return Promise.resolve();
  }

  #accept(draft: Draft, done: Done | null): void {
    if (this.#delivery.postpone(() => this.publish(draft, done))) return;
    this.#answerReady();
    const key = digestOf(draft);
    const known = key === null ? null : this.#knownOutcome(draft, key);
    if (known !== null) {
      this.#delivery.answer(draft.channel, done, known);
      return;
    }
    this.#unsettled++;
    const waiting: Waiting = { draft, done, key, refused: false, appended: null };
    if (!this.#isGrouped(draft) && !this.#group.has(draft.channel)) this.#settleOne(waiting);
    else if (this.#group.add(waiting)) this.#commit();
  }

  /** The answer to a keyed publish that is not new, or cannot be remembered; null where it is published. */
  #knownOutcome({ channel, account }: Draft, key: string): Outcome | null {
    this.#settle(channel);
    const first = this.#keys.find(key);
    if (first !== null) return { ok: true, value: { offset: first.offset, epoch: first.epoch } };
    if (this.#keys.hasRoom(this.#group.size)) return null;
    this.#report.refused("keys", account);
    return { ok: false, error: errors.limitExceeded };
  }

  #storeOf({ durable }: HistoryOptions): Store {
    return durable ? this.#parts.stores.sqlite : this.#parts.stores.memory;
  }

  #isGrouped(draft: Draft): boolean {
    return draft.history !== null && this.#storeOf(draft.history).grouped;
  }

  /** After this nothing of the channel waits: its reader sees all that came before. */
  #settle(channel: string): void {
    this.#answerReady();
    if (this.#group.has(channel)) this.flush();
  }

  #commit(): void {
    const group = this.#group.take();
    const { clock, stores } = this.#parts;
    const started = clock.monotonic();
    const committed = this.#attempt(stores.sqlite, () => this.#write(stores.sqlite, group)) === true;
    this.#report.commit(committed, group.length, clock.monotonic() - started);
    for (const waiting of group) {
      waiting.refused = !committed && this.#isGrouped(waiting.draft);
      this.#ready.push(waiting);
    }
    this.#answerReady();
  }

  #write(store: Store, group: readonly Waiting[]): boolean {
    store.begin();
    for (const waiting of group) {
      if (this.#isGrouped(waiting.draft)) waiting.appended = append(store, waiting);
    }
    store.commit();
    return true;
  }

  /** Hands on what is ready, each with its answer. Where an answer asks for more of the broker, the rest comes first. */
  #answerReady(): void {
    while (this.#answered < this.#ready.length) {
      const waiting = this.#ready[this.#answered++];
      if (waiting !== undefined) this.#settleOne(waiting);
    }
    this.#ready = [];
    this.#answered = 0;
  }

  #settleOne(waiting: Waiting): void {
    const { draft, done } = waiting;
    const appended = waiting.refused ? null : (waiting.appended ?? this.#appendNow(draft));
    this.#unsettled--;
    if (appended === null) {
      this.#delivery.answer(draft.channel, done, internal);
    } else if ("refused" in appended) {
      this.#report.refused(appended.reason, draft.account);
      this.#delivery.answer(draft.channel, done, { ok: false, error: appended.refused });
    } else if ("stale" in appended) {
      this.#delivery.answer(draft.channel, done, { ok: true, value: appended.stale });
    } else {
      const position = appended.epoch === "" ? nowhere : { offset: appended.offset, epoch: appended.epoch };
      if (waiting.key !== null) this.#keys.keep(waiting.key, position, idempotencyMs);
      this.#delivery.handOn(draft.channel, appended, draft.exclude);
      this.#delivery.answer(draft.channel, done, { ok: true, value: position });
    }
  }

  /** For what needs no commit: it is kept in memory, or nowhere. */
  #appendNow(draft: Draft): Appended | null {
    const { history } = draft;
    if (history === null) return publicationOf(draft, 0, "");
    const store = this.#storeOf(history);
    return this.#attempt(store, () => store.append(draft, history));
  }

  /** What the store's work gives; null where it failed, also the second time, where its cause was thought gone. */
  #attempt<T>(store: Store, work: () => T): T | null {
    for (let again = true; ; again = false) {
      try {
        return work();
      } catch (error) {
        store.rollback();
        this.#report.storeFailed(error);
        if (!(store.failed(error) && again)) return null;
      }
    }
  }

  #distinctStores(): Set<Store> {
    return new Set([this.#parts.stores.memory, this.#parts.stores.sqlite]);
  }
}

/** Appends within a commit; the key goes into the store with it, so that no answer leaves before it is there. */
function append(store: Store, { draft, key }: Waiting): Appended | null {
  if (draft.history === null) return null;
  const appended = store.append(draft, draft.history);
  if (key !== null && "offset" in appended) {
    const { offset, epoch } = appended;
    store.keepKey({ digest: key, offset, epoch, remainingMs: idempotencyMs });
  }
  return appended;
}

function isKeyed({ idempotencyKey, keyDigest: digest }: Draft): boolean {
  return idempotencyKey !== undefined || digest !== undefined;
}

function digestOf({ channel, idempotencyKey, keyDigest: digest }: Draft): string | null {
  return digest ?? (idempotencyKey === undefined ? null : keyDigest(channel, idempotencyKey));
}
