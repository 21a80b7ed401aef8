import { errors } from "../../core/errors.ts";
import type { Position, Publication } from "../../core/publication.ts";
import type { PresencePush } from "../../core/reply.ts";
import type { BrokerEvents, Draft, HistoryFilter, HistoryOptions } from "../broker.ts";
import type { LocalBroker } from "../local.ts";
import type { Appended, Entry, Message, Range, StreamRead } from "../remote/engine.ts";
import { decodeBody, encodeDraft, encodePresence } from "../remote/wire.ts";
import {
  readEntry,
  readList,
  readOptions,
  readRange,
  writeAppended,
  writeList,
  writeMessage,
  writePosition,
  writeStream,
} from "./codec.ts";
import { type EngineLink, engineKinds } from "./port.ts";

const nowhere: Position = { offset: 0, epoch: "" };
/** Where streams may be: their options do not come with every call. */
const anywhere = [true, false].map((durable): HistoryOptions => ({ durable, size: 1, ttl: 1, metaTtl: 1 }));

/** The broker of the parent process for its workers: each receives what it has subscribed to. */
export class EngineServer {
  readonly broker: LocalBroker;
  readonly #subscribers = new Map<string, Set<EngineLink>>();
  readonly #links = new Map<EngineLink, Set<string>>();
  /** What the broker has delivered, until it answers the publish, which it does right after it. */
  #delivered: Publication | null = null;

  constructor(open: (events: BrokerEvents) => LocalBroker) {
    this.broker = open({
      deliver: (_channel, publication) => {
        this.#delivered = publication;
      },
      // The feeds of the workers find another epoch by themselves.
      lost: () => {},
    });
  }

  /** Channels that a worker hears. */
  get channels(): number {
    return this.#subscribers.size;
  }

  /** Serves a worker until `forget`. */
  serve(link: EngineLink): void {
    const channels = new Set<string>();
    this.#links.set(link, channels);
    link.onCall(engineKinds.append, (body, reply) => {
      const entries = readList(body, () => readEntry(body));
      const answers: Appended[] = [];
      let left = entries.length;
      const finish = () => reply((to) => writeList(to, answers, (answer) => writeAppended(to, answer)));
      if (left === 0) finish();
      for (const [index, entry] of entries.entries()) {
        this.#append(entry, (answer) => {
          answers[index] = answer;
          left -= 1;
          if (left === 0) finish();
        });
      }
    });
    link.onCall(engineKinds.read, (body, reply) => {
      const [channel, options, range] = [body.text(), readOptions(body), readRange(body)];
      this.#read(channel, { options, range }, (read) => reply(read && ((to) => writeStream(to, read))));
    });
    link.onCall(engineKinds.tops, (body, reply) => {
      const tops = readList(body, () => this.#top(body.text()));
      reply((to) =>
        writeList(to, tops, (top) => {
          to.u8(top ? 1 : 0);
          if (top) writePosition(to, top);
        }),
      );
    });
    link.onCall(engineKinds.remove, (body, reply) => {
      const [channel, notice] = [body.text(), body.text()];
      this.#remove(channel, notice, (isDone) => reply(isDone ? () => {} : null));
    });
    link.onCall(engineKinds.subscribe, (body, reply) => {
      for (const channel of readList(body, () => body.text())) this.#subscribe(link, channels, channel);
      reply(() => {});
    });
    link.onTold(engineKinds.unsubscribe, (body) => {
      for (const channel of readList(body, () => body.text())) this.#unsubscribe(link, channels, channel);
    });
  }

  /** The worker has gone. */
  forget(link: EngineLink): void {
    const channels = this.#links.get(link) ?? new Set();
    this.#links.delete(link);
    for (const channel of channels) this.#unsubscribe(link, channels, channel);
  }

  /** Tells the workers that hear the channel of a join or a leave. */
  announce(push: PresencePush): void {
    this.#tell(push.channel, { ...nowhere, body: encodePresence(push) });
  }

  /** The streams are others now: each worker compares the positions of its channels. */
  replaced(): void {
    for (const link of this.#links.keys()) link.tell(engineKinds.resumed, () => {});
  }

  #subscribe(link: EngineLink, channels: Set<string>, channel: string): void {
    channels.add(channel);
    const links = this.#subscribers.get(channel) ?? new Set();
    links.add(link);
    this.#subscribers.set(channel, links);
  }

  #unsubscribe(link: EngineLink, channels: Set<string>, channel: string): void {
    channels.delete(channel);
    const links = this.#subscribers.get(channel);
    links?.delete(link);
    if (links?.size === 0) this.#subscribers.delete(channel);
  }

  #append(entry: Entry, done: (answer: Appended) => void): void {
    const draft = draftOf(entry);
    if (draft === null) {
      done({ error: errors.internal });
      return;
    }
    this.broker.publish(draft, (outcome) => {
      const delivered = this.#delivered;
      this.#delivered = null;
      if (!outcome.ok) {
        done({ error: outcome.error });
        return;
      }
      const { value: position } = outcome;
      const first = delivered?.isFirstKept ? { isFirstKept: true as const } : {};
      if (delivered) this.#tell(entry.channel, { ...position, body: entry.body, ...first });
      done({ position, isNew: delivered !== null, ...first });
    });
  }

  #tell(channel: string, message: Message): void {
    const links = this.#subscribers.get(channel);
    if (!links) return;
    for (const link of links) link.tell(engineKinds.message, (to) => writeMessage(to, channel, message));
  }

  #read(
    channel: string,
    { options, range }: { readonly options: HistoryOptions; readonly range: Range },
    done: (read: StreamRead | null) => void,
  ): void {
    const account = range.account && { account: range.account };
    const ask = (filter: HistoryFilter, then: (publications: readonly Publication[], position: Position) => void) =>
      this.broker.history(channel, options, { ...filter, ...account }, (outcome) => {
        if (outcome.ok) then(outcome.value.publications, outcome.value.position);
        else done(null);
      });
    // Nothing comes between the two: both are answered before another publish is taken.
    ask({ limit: 0, since: null, reverse: false }, (_, { epoch }) => {
      const from = range.epoch !== "" && range.epoch !== epoch ? 1 : range.from;
      ask(filterOf(range, from), (publications, position) => {
        const { to } = range;
        const entries = publications
          .filter(({ offset }) => offset >= from && (to === null || offset <= to))
          .map((publication) => ({ offset: publication.offset, body: encodeDraft(publication, "") }));
        const ttl = this.broker.expiresIn(channel, options);
        done({ epoch: position.epoch, top: position.offset, ttl, entries });
      });
    });
  }

  #top(channel: string): Position | null {
    for (const options of anywhere) {
      const top = this.broker.top(channel, options);
      if (top !== null) return top;
    }
    return null;
  }

  #remove(channel: string, notice: string, done: (isDone: boolean) => void): void {
    const top = this.#top(channel);
    let left = anywhere.length;
    let isDone = true;
    for (const options of anywhere) {
      this.broker.historyRemove(channel, options, (error) => {
        isDone &&= error === null;
        left -= 1;
        if (left > 0) return;
        if (isDone && top !== null) this.#tell(channel, { ...top, body: notice });
        done(isDone);
      });
    }
  }
}

/** The draft that an entry was made of; null where its body cannot be read. */
function draftOf({ channel, body, history, key, version, versionEpoch, account }: Entry): Draft | null {
  const told = decodeBody(body, nowhere);
  if (told?.type !== "publication") return null;
  const { data, info, tags, asDelta } = told.publication;
  const draft: { -readonly [Key in keyof Draft]: Draft[Key] } = { channel, data, exclude: null, history };
  if (info) draft.info = info;
  if (tags) draft.tags = tags;
  if (asDelta) draft.asDelta = asDelta;
  if (key !== "") draft.keyDigest = key;
  if (version > 0) draft.version = version;
  if (versionEpoch !== "") draft.versionEpoch = versionEpoch;
  if (account) draft.account = account;
  return draft;
}

/** The page of the history that holds a range. */
function filterOf({ to, limit, reverse }: Range, from: number): HistoryFilter {
  if (from === Number.POSITIVE_INFINITY || limit === 0) return { limit: 0, since: null, reverse: false };
  const [first, last] = [{ offset: from - 1, epoch: "" }, to === null ? null : { offset: to + 1, epoch: "" }];
  return { limit: limit ?? -1, since: reverse ? last : first, reverse };
}
