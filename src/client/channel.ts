import type { ClientInfo, PublicationContext, SubscribedContext, Subscription } from "centrifuge";
import { check } from "../contract/check.ts";
import type {
  ChannelSchemas,
  CodesOf,
  InfoOf,
  Input,
  Member,
  Output,
  Position,
  Publication,
} from "../contract/contract.ts";
import { InOrder } from "./in-order.ts";
import { type ErrorNames, errorNames, type Failure, failureOf, invalid, type Result } from "./result.ts";
import type { Session } from "./session.ts";

/** What the answer to a subscribe command says. */
export interface Subscribed<H extends ChannelSchemas> {
  /** Everything that was missed since the last subscription follows, without a gap. */
  readonly recovered: boolean;
  /** Where the subscription begins; null in a channel that keeps no positions. */
  readonly position: Position | null;
  readonly welcome: H["welcome"] extends NonNullable<ChannelSchemas["welcome"]> ? Output<H["welcome"]> : null;
}

/** What can be listened for in a channel. */
export interface ChannelEvents<H extends ChannelSchemas> {
  publication: Publication<Output<H["data"]>, InfoOf<H>>;
  join: Member<InfoOf<H>>;
  leave: Member<InfoOf<H>>;
  /** Publications were missed and could not be recovered. */
  gap: { readonly channel: string };
  /** Something came that the contract's schema refuses; it is not passed on. `path` says where in the value. */
  invalid: { readonly channel: string; readonly path: string };
}

/** One channel as a client uses it. */
export interface ChannelClient<H extends ChannelSchemas> {
  /** The channel's name. */
  readonly channel: string;
  /** The subscription of the stock client. */
  readonly subscription: Subscription;
  /**
   * Subscribes, and connects first where the client has not been connected. A temporary failure is reported too, and
   * the stock client goes on trying.
   */
  subscribe(
    ...request: H["request"] extends NonNullable<ChannelSchemas["request"]> ? [request: Input<H["request"]>] : []
  ): Promise<Result<Subscribed<H>, CodesOf<H>>>;
  unsubscribe(): void;
  publish: H["publish"] extends NonNullable<ChannelSchemas["publish"]>
    ? (data: Input<H["publish"]>) => Promise<Result<null, CodesOf<H>>>
    : never;
  /** Listens; the function that it returns ends that. */
  on<E extends keyof ChannelEvents<H>>(event: E, listener: (value: ChannelEvents<H>[E]) => void): () => void;
  /** The subscribers, by the id of the connection. */
  presence(): Promise<Result<ReadonlyMap<string, Member<InfoOf<H>>>>>;
  history(filter?: {
    limit?: number;
    since?: Position;
    reverse?: boolean;
  }): Promise<Result<{ publications: Publication<Output<H["data"]>, InfoOf<H>>[]; position: Position }>>;
  /** Publications from now on. Ends when the subscription ends; throws where publications were missed. */
  [Symbol.asyncIterator](): AsyncIterator<Publication<Output<H["data"]>, InfoOf<H>>>;
}

type Listener = (value: never) => void;

/** The one implementation; its types are those of the contract only at its public door. */
export class TypedChannel {
  readonly channel: string;
  readonly subscription: Subscription;
  readonly #session: Session;
  readonly #schemas: ChannelSchemas;
  readonly #names: ErrorNames;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #order = new InOrder();
  /** The answer to the last subscribe command; null while not subscribed. */
  #subscribed: SubscribedContext | null = null;

  constructor(session: Session, subscription: Subscription, schemas: ChannelSchemas) {
    this.channel = subscription.channel;
    this.subscription = subscription;
    this.#session = session;
    this.#schemas = schemas;
    this.#names = errorNames(schemas.errors);
    subscription.on("publication", (context) => this.#receive(context));
    subscription.on("join", ({ info }) => this.#order.run(() => this.#emit("join", memberOf(info))));
    subscription.on("leave", ({ info }) => this.#order.run(() => this.#emit("leave", memberOf(info))));
    subscription.on("subscribing", () => {
      this.#subscribed = null;
    });
    subscription.on("unsubscribed", () => {
      this.#subscribed = null;
    });
    subscription.on("subscribed", (context) => {
      this.#subscribed = context;
      const isGap = context.wasRecovering && !context.recovered;
      if (isGap) this.#order.run(() => this.#emit("gap", { channel: this.channel }));
    });
  }

  async subscribe(...request: readonly unknown[]): Promise<Result<unknown, string>> {
    const { subscription } = this;
    if (this.#schemas.request) {
      const checked = await check(this.#schemas.request, request[0]);
      if (!checked.ok) return invalid("invalid_input", checked.path);
      subscription.setData(request[0]);
    }
    this.#session.connect();
    if (this.#subscribed) return this.#welcome(this.#subscribed);
    const answer = this.#nextAnswer();
    subscription.subscribe();
    const context = await answer;
    return "error" in context ? context : this.#welcome(context);
  }

  unsubscribe(): void {
    this.subscription.unsubscribe();
  }

  readonly publish = async (data: unknown): Promise<Result<null, string>> => {
    const schema = this.#schemas.publish;
    if (!schema) throw new TypeError(`clients may not publish to ${this.channel}`);
    const checked = await check(schema, data);
    if (!checked.ok) return invalid("invalid_input", checked.path);
    const { centrifuge } = this.#session;
    return this.#answer(async () => {
      if (this.subscription.state === "unsubscribed") await centrifuge.publish(this.channel, data);
      else await this.subscription.publish(data);
      return null;
    });
  };

  on(event: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  presence(): Promise<Result<ReadonlyMap<string, Member<unknown>>, string>> {
    return this.#answer(async () => {
      const { clients } = await this.#session.centrifuge.presence(this.channel);
      return new Map(Object.entries(clients).map(([client, info]) => [client, memberOf(info)]));
    });
  }

  async history({
    limit = -1,
    since,
    reverse = false,
  }: {
    limit?: number;
    since?: Position;
    reverse?: boolean;
  } = {}): Promise<Result<{ publications: Publication<unknown>[]; position: Position }, string>> {
    const { centrifuge } = this.#session;
    const filter = { limit, reverse, ...(since && { since }) };
    const page = await this.#answer(() => centrifuge.history(this.channel, filter));
    if (!page.ok) return page;
    const publications: Publication<unknown>[] = [];
    for (const context of page.value.publications) {
      const checked = await check(this.#schemas.data, context.data);
      if (!checked.ok) return invalid("invalid_output", checked.path);
      publications.push(publicationOf(context, checked.value));
    }
    const { offset, epoch } = page.value;
    return { ok: true, value: { publications, position: { offset, epoch } } };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Publication<unknown>, void, void> {
    const waiting: Publication<unknown>[] = [];
    const state: { end: "open" | "gap" | "ended"; wake: () => void } = { end: "open", wake: () => {} };
    const finish = (how: "gap" | "ended") => {
      state.end = how;
      state.wake();
    };
    const ended = () => finish("ended");
    const stops = [
      this.on("publication", (publication) => {
        waiting.push(publication);
        state.wake();
      }),
      this.on("gap", () => finish("gap")),
      () => this.subscription.off("unsubscribed", ended),
    ];
    this.subscription.on("unsubscribed", ended);
    try {
      for (;;) {
        const publication = waiting.shift();
        if (publication) yield publication;
        else if (state.end === "gap") throw new Error(`publications of ${this.channel} were missed`);
        else if (state.end === "ended") return;
        else {
          const { promise, resolve } = Promise.withResolvers<void>();
          state.wake = resolve;
          await promise;
        }
      }
    } finally {
      for (const stop of stops) stop();
    }
  }

  #receive(context: PublicationContext): void {
    this.#order.check(this.#schemas.data, context.data, (checked) => {
      if (checked.ok) this.#emit("publication", publicationOf(context, checked.value));
      else this.#emit("invalid", { channel: this.channel, path: checked.path });
    });
  }

  #emit(event: string, value: unknown): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(value as never);
  }

  async #welcome({ recovered, streamPosition, data }: SubscribedContext): Promise<Result<unknown, string>> {
    const { welcome: schema } = this.#schemas;
    const checked = schema ? await check(schema, data) : ({ ok: true, value: null } as const);
    if (!checked.ok) return invalid("invalid_output", checked.path);
    return { ok: true, value: { recovered, position: streamPosition ?? null, welcome: checked.value } };
  }

  /** The next answer to a subscribe command, or the end of the connection. */
  #nextAnswer(): Promise<SubscribedContext | Failure<string>> {
    const { subscription } = this;
    const { centrifuge } = this.#session;
    return new Promise((resolve) => {
      const settle = (answer: SubscribedContext | Failure<string>) => {
        subscription.off("subscribed", settle);
        subscription.off("unsubscribed", unsubscribed);
        subscription.off("error", failed);
        centrifuge.off("disconnected", disconnected);
        resolve(answer);
      };
      const fail = (number: number, message: string, temporary: boolean) =>
        settle(failureOf({ number, message, temporary }, this.#names));
      const unsubscribed = ({ code, reason }: { code: number; reason: string }) => fail(code, reason, false);
      const failed = ({ error }: { error: { code: number; message: string } }) => fail(error.code, error.message, true);
      const disconnected = ({ code, reason }: { code: number; reason: string }) => fail(code, reason, false);
      subscription.on("subscribed", settle);
      subscription.on("unsubscribed", unsubscribed);
      subscription.on("error", failed);
      centrifuge.on("disconnected", disconnected);
    });
  }

  #answer<T>(ask: () => Promise<T>): Promise<Result<T, string>> {
    return this.#session.answer(ask, this.#names);
  }
}

function memberOf({ user, client, chanInfo }: ClientInfo): Member<unknown> {
  return { user, client, info: chanInfo ?? null };
}

function publicationOf({ offset = 0, info, tags = {} }: PublicationContext, data: unknown): Publication<unknown> {
  return { data, offset, info: info ? memberOf(info) : null, tags };
}
