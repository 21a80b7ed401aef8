import type { Centrifuge } from "centrifuge";
import { check } from "../contract/check.ts";
import type {
  CallsOf,
  Channel,
  ChannelsOf,
  CodesOf,
  Contract,
  ContractSchemas,
  Input,
  MessagesOf,
  Output,
  ParamsArgs,
  Rpc,
  SendsOf,
} from "../contract/contract.ts";
import { type Envelope, envelopeIn, keptMessageIn } from "../contract/envelope.ts";
import { compilePattern, type Pattern } from "../contract/pattern.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { type ChannelClient, TypedChannel } from "./channel.ts";
import { InOrder } from "./in-order.ts";
import { errorNames, invalid, type Result, stockTimeout } from "./result.ts";
import { Session } from "./session.ts";

/** How a call is made. */
export interface CallOptions {
  /** Rejects the call's promise when it aborts; the server is not notified. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call fails with `timeout`; without it the stock client's `timeout` holds. */
  readonly timeout?: number;
}

/** A stock client with the types of a contract. */
export interface Client<C extends ContractSchemas> {
  readonly centrifuge: Centrifuge;
  /** A channel of the contract; the same parameters give the same object. */
  channel<K extends keyof ChannelsOf<C> & string>(
    name: K,
    ...params: ChannelsOf<C>[K] extends { readonly pattern: infer P extends string } ? ParamsArgs<P> : never
  ): ChannelsOf<C>[K] extends Channel<string, infer H> ? ChannelClient<H> : never;
  /** Calls the server. What the server refuses, and what the network does, is in the result. */
  call<K extends keyof CallsOf<C> & string>(
    name: K,
    input: CallsOf<C>[K] extends Rpc<infer R> ? Input<R["input"]> : never,
    options?: CallOptions,
  ): Promise<CallsOf<C>[K] extends Rpc<infer R> ? Result<Output<R["output"]>, CodesOf<R>> : never>;
  /** Sends a message that the server does not answer. Resolves when it has been handed to the transport. */
  send<K extends keyof SendsOf<C> & string>(name: K, data: Input<SendsOf<C>[K]>): Promise<Result<null>>;
  /**
   * Listens for a message of the server; the function that it returns ends that. A message that was sent with `until` is
   * acknowledged when its listeners have returned, and the promises that they returned are fulfilled.
   */
  on<K extends keyof MessagesOf<C> & string>(
    message: K,
    listener: (data: Output<MessagesOf<C>[K]>) => void,
  ): () => void;
}

type Listener = (data: never) => void;

const noNames = errorNames(undefined);

/**
 * Puts the types of a contract over a stock client, which it never replaces: every command is one that the stock client
 * sends. It connects at the first use. Runs in browsers, Bun and Node.
 */
export function createClient<C extends ContractSchemas>(contract: Contract<C>, centrifuge: Centrifuge): Client<C> {
  return new TypedClient(contract.schemas, centrifuge) as unknown as Client<C>;
}

class TypedClient {
  readonly centrifuge: Centrifuge;
  readonly #schemas: ContractSchemas;
  readonly #session: Session;
  readonly #patterns = new Map<string, Pattern>();
  readonly #channels = new Map<string, TypedChannel>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #order = new InOrder();
  readonly #acknowledgements: Acknowledgements;

  constructor(schemas: ContractSchemas, centrifuge: Centrifuge) {
    this.centrifuge = centrifuge;
    this.#schemas = schemas;
    this.#session = new Session(centrifuge);
    for (const [name, { pattern }] of Object.entries(schemas.channels ?? {})) {
      this.#patterns.set(name, compilePattern(pattern));
    }
    this.#acknowledgements = new Acknowledgements(centrifuge);
    centrifuge.on("message", ({ data }) => this.#receive(data));
  }

  channel(name: string, params: Readonly<Record<string, string>> = {}): TypedChannel {
    const pattern = this.#patterns.get(name);
    const schemas = this.#schemas.channels?.[name]?.schemas;
    if (!pattern || !schemas) throw new TypeError(`the contract has no channel ${name}`);
    const channel = pattern.name(params);
    const known = this.#channels.get(channel);
    // A subscription that was removed from the stock client is not used again.
    if (known && this.centrifuge.getSubscription(channel) === known.subscription) return known;
    const subscription = this.centrifuge.getSubscription(channel) ?? this.centrifuge.newSubscription(channel);
    const made = new TypedChannel(this.#session, subscription, schemas);
    this.#channels.set(channel, made);
    return made;
  }

  async call(name: string, input: unknown, { signal, timeout }: CallOptions = {}): Promise<Result<unknown, string>> {
    const schemas = this.#schemas.calls?.[name]?.schemas;
    if (!schemas) throw new TypeError(`the contract has no call ${name}`);
    const checked = await check(schemas.input, input);
    if (!checked.ok) return invalid("invalid_input", checked.path);
    signal?.throwIfAborted();
    const ask = () => within(this.centrifuge.rpc(name, input), { signal, timeout });
    const answer = await this.#session.answer(ask, errorNames(schemas.errors));
    signal?.throwIfAborted();
    if (!answer.ok) return answer;
    const output = await check(schemas.output, answer.value.data);
    return output.ok ? { ok: true, value: output.value } : invalid("invalid_output", output.path);
  }

  async send(name: string, data: unknown): Promise<Result<null, string>> {
    const schema = this.#schemas.sends?.[name];
    if (!schema) throw new TypeError(`the contract has no send ${name}`);
    const checked = await check(schema, data);
    if (!checked.ok) return invalid("invalid_input", checked.path);
    const envelope: Envelope = { name, data };
    return this.#session.answer(async () => {
      await this.centrifuge.send(envelope);
      return null;
    }, noNames);
  }

  on(message: string, listener: Listener): () => void {
    if (!this.#schemas.messages?.[message]) throw new TypeError(`the contract has no message ${message}`);
    const listeners = this.#listeners.get(message) ?? new Set();
    this.#listeners.set(message, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * A message that the contract does not know, or whose schema refuses it, is dropped: it may be for another part of
   * the page.
   */
  #receive(data: unknown): void {
    const kept = keptMessageIn(data);
    const envelope = kept?.envelope ?? envelopeIn(data);
    const schema = envelope && this.#schemas.messages?.[envelope.name];
    if (!schema) return;
    this.#order.check(schema, envelope.data, (checked) => {
      if (!checked.ok) return;
      const listeners = [...(this.#listeners.get(envelope.name) ?? [])] as unknown as ((data: unknown) => unknown)[];
      if (kept) {
        const calls = listeners.map((listener) => () => listener(checked.value));
        this.#acknowledgements.handle(kept.id, calls);
      } else for (const listener of listeners) listener(checked.value);
    });
  }
}

/** The answer, or a rejection when the signal aborts or the time has passed. */
function within<T>(
  answer: Promise<T>,
  { signal, timeout }: { signal: AbortSignal | undefined; timeout: number | undefined },
): Promise<T> {
  if (!signal && timeout === undefined) return answer;
  const late = timeout === undefined ? null : AbortSignal.timeout(timeout);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timedOut = () => reject({ code: stockTimeout, message: "timeout" });
  const aborted = () => reject(signal?.reason);
  late?.addEventListener("abort", timedOut, { once: true });
  signal?.addEventListener("abort", aborted, { once: true });
  const done = () => {
    late?.removeEventListener("abort", timedOut);
    signal?.removeEventListener("abort", aborted);
  };
  answer.then(resolve, reject).finally(done);
  return promise;
}
