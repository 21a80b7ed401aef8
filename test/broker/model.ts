/**
 * What a broker does, told as simply as it can be told: arrays that are looked through, and no care for speed. It shares
 * nothing with the broker but the numbers in the rules.
 */

export interface ModelOptions {
  readonly size: number;
  readonly ttl: number;
  readonly metaTtl: number;
  /** Whether publications wait for a commit. */
  readonly grouped: boolean;
}

export interface ModelDraft {
  readonly channel: string;
  readonly value: number;
  readonly isKept: boolean;
  readonly key: string | null;
  readonly version: number;
  readonly versionEpoch: string;
}

export interface ModelSince {
  readonly offset: number;
  readonly epoch: string;
  readonly isCache: boolean;
  readonly publicationsMax: number;
}

export interface ModelFilter {
  readonly limit: number;
  readonly since: { readonly offset: number; readonly epoch: string } | null;
  readonly reverse: boolean;
}

interface ModelStream {
  readonly epoch: string;
  top: number;
  kept: { readonly offset: number; readonly value: number }[];
  expiresAt: number;
  forgetAt: number;
  version: number;
  versionEpoch: string;
}

interface ModelKey {
  readonly channel: string;
  readonly key: string;
  readonly position: string;
  readonly forgetAt: number;
  readonly durable: boolean;
}

const internal = "error 100";

export class BrokerModel {
  /** Everything that anyone could see, in its order. */
  readonly log: string[] = [];
  now = 0;
  failing = false;
  readonly #options: ModelOptions;
  #streams = new Map<string, ModelStream>();
  #keys: ModelKey[] = [];
  #waiting: ModelDraft[] = [];
  #epochs = 0;

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  publish(draft: ModelDraft): void {
    if (draft.key !== null) {
      if (this.#waits(draft.channel)) this.flush();
      const first = this.#keys.find(
        (one) => one.channel === draft.channel && one.key === draft.key && one.forgetAt > this.now,
      );
      if (first !== undefined) {
        this.log.push(`done ${first.position}`);
        return;
      }
    }
    const waits = (this.#options.grouped && draft.isKept) || this.#waits(draft.channel);
    this.#waiting.push(draft);
    if (!waits) this.#handle([this.#waiting.pop() ?? draft], false);
    else if (this.#waiting.length === 64) this.flush();
  }

  flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length > 0) this.#handle(group, this.failing);
  }

  join(channel: string, since: ModelSince | null): void {
    if (this.#waits(channel)) this.flush();
    const stream = this.#open(channel);
    const missed = since === null ? null : this.#missed(stream, since);
    this.log.push(
      `joined ${stream.epoch}/${stream.top} ${missed === null ? "nothing" : `recovered ${missed.map(told)}`}`,
    );
  }

  history(channel: string, filter: ModelFilter): void {
    if (this.#waits(channel)) this.flush();
    if (filter.reverse && filter.since?.offset === 0) {
      this.log.push("history error 107");
      return;
    }
    const stream = this.#open(channel);
    const { since } = filter;
    if (since !== null && since.epoch !== "" && since.epoch !== stream.epoch) {
      this.log.push("history error 112");
      return;
    }
    const page = filter.reverse ? this.#backward(stream, filter) : this.#forward(stream, filter);
    this.log.push(`history ${stream.epoch}/${stream.top} ${page.map(told)}`);
  }

  remove(channel: string): void {
    if (this.#waits(channel)) this.flush();
    const stream = this.#live(channel);
    const harmless = stream === null || stream.kept.length === 0;
    if (!harmless && this.failing) {
      this.log.push(`removed ${internal}`);
      return;
    }
    if (stream !== null) stream.kept = [];
    this.log.push("removed");
  }

  top(channel: string): void {
    const stream = this.#live(channel);
    this.log.push(`top ${stream === null ? "none" : `${stream.epoch}/${stream.top}`}`);
  }

  /** The process ends; what waits is lost where it does not end of itself. */
  restart(clean: boolean): void {
    if (clean) this.flush();
    this.#waiting = [];
    this.#keys = this.#keys.filter((one) => one.durable);
    // The epoch of a stream without a publication was in memory alone.
    for (const [channel, { top }] of this.#streams) if (top === 0) this.#streams.delete(channel);
  }

  #waits(channel: string): boolean {
    return this.#waiting.some((draft) => draft.channel === channel);
  }

  /** Appends all, or none where the commit fails; then hands on one by one. */
  #handle(group: readonly ModelDraft[], fails: boolean): void {
    const [before, epochs] = [structuredClone(this.#streams), this.#epochs];
    const appended = group.map((draft) => (draft.isKept ? this.#append(draft) : null));
    if (fails) {
      this.#streams = before;
      this.#epochs = epochs;
    }
    for (const [index, draft] of group.entries()) {
      const one = appended[index] ?? null;
      if (draft.isKept && fails) this.log.push(`done ${internal}`);
      else if (one?.stale === true) this.log.push(`done ${one.position}`);
      else this.#handOn(draft, one?.position ?? "/0");
    }
  }

  #handOn(draft: ModelDraft, position: string): void {
    if (draft.key !== null) {
      const { channel, key } = draft;
      this.#keys.push({ channel, key, position, forgetAt: this.now + 300_000, durable: draft.isKept });
    }
    this.log.push(`deliver ${draft.channel} ${position} ${draft.value}`, `done ${position}`);
  }

  #append(draft: ModelDraft): { position: string; stale: boolean } {
    const stream = this.#live(draft.channel) ?? this.#begin(draft.channel);
    stream.expiresAt = this.now + this.#options.ttl;
    stream.forgetAt = this.now + this.#options.metaTtl;
    const comparable = draft.versionEpoch === "" || draft.versionEpoch === stream.versionEpoch;
    if (draft.version > 0 && comparable && draft.version <= stream.version) {
      return { position: `${stream.epoch}/${stream.top}`, stale: true };
    }
    stream.version = draft.version;
    stream.versionEpoch = draft.versionEpoch;
    stream.top++;
    stream.kept = [...stream.kept, { offset: stream.top, value: draft.value }].slice(-this.#options.size);
    return { position: `${stream.epoch}/${stream.top}`, stale: false };
  }

  #open(channel: string): ModelStream {
    const stream = this.#live(channel) ?? this.#begin(channel);
    stream.forgetAt = this.now + this.#options.metaTtl;
    return stream;
  }

  #live(channel: string): ModelStream | null {
    const stream = this.#streams.get(channel);
    if (stream === undefined || stream.forgetAt <= this.now) return null;
    if (stream.expiresAt <= this.now) stream.kept = [];
    return stream;
  }

  #begin(channel: string): ModelStream {
    const epoch = `epoch${++this.#epochs}`;
    const forgetAt = this.now + this.#options.metaTtl;
    const stream = { epoch, top: 0, kept: [], expiresAt: 0, forgetAt, version: 0, versionEpoch: "" };
    this.#streams.set(channel, stream);
    return stream;
  }

  #missed(stream: ModelStream, since: ModelSince): ModelStream["kept"] | null {
    const latest = stream.kept.at(-1);
    if (since.isCache) {
      if (since.offset > 0 && since.offset === stream.top && since.epoch === stream.epoch) return [];
      return latest === undefined ? null : [latest];
    }
    if (since.epoch !== "" && since.epoch !== stream.epoch) return null;
    const missed = stream.kept.filter(({ offset }) => offset > since.offset);
    const isAll = missed.length === 0 ? since.offset === stream.top : missed[0]?.offset === since.offset + 1;
    return isAll && missed.length <= since.publicationsMax ? missed : null;
  }

  #forward(stream: ModelStream, { since, limit }: ModelFilter): ModelStream["kept"] {
    const after = stream.kept.filter(({ offset }) => since === null || offset > since.offset);
    return limit < 0 ? after : after.slice(0, limit);
  }

  #backward(stream: ModelStream, { since, limit }: ModelFilter): ModelStream["kept"] {
    const from = since === null ? stream.top : since.offset - 1;
    const isThere = stream.kept.some(({ offset }) => offset === from);
    const before = isThere ? stream.kept.filter(({ offset }) => offset <= from).reverse() : [];
    return limit < 0 ? before : before.slice(0, limit);
  }
}

const told = ({ offset, value }: { offset: number; value: number }) => `${offset}:${value}`;
