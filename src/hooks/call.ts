import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Hook, HookAnswer, HookCall, HookClient, HookKind, HookOutcome, HookTypes } from "./hooks.ts";

/** The connection that a call belongs to. */
export interface CallOwner {
  readonly client: HookClient;
  /** The call has ended. */
  ended(call: Call): void;
}

/** One call of a hook, from its start or its wait to its answer. */
export class Call<K extends HookKind = HookKind> implements HookCall {
  readonly hook: Hook<K>;
  readonly owner: CallOwner;
  readonly request: HookTypes[K]["request"];
  readonly done: (outcome: HookOutcome<K>) => void;
  /** Answered, timed out or abandoned: what comes now is late. */
  isSettled = false;
  /** In monotonic milliseconds; null while it waits. */
  startedAt: number | null = null;
  cancelTimeout: (() => void) | null = null;
  #controller: AbortController | null = null;
  #reason: DOMException | null = null;

  constructor(
    hook: Hook<K>,
    owner: CallOwner,
    { request, done }: { request: HookTypes[K]["request"]; done: (outcome: HookOutcome<K>) => void },
  ) {
    this.hook = hook;
    this.owner = owner;
    this.request = request;
    this.done = done;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  abort(reason: DOMException): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  run(): MaybePromise<HookAnswer<K>> {
    return this.hook.run(this.owner.client, this.request, this);
  }
}
