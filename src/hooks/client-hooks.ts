import { errors } from "../core/errors.ts";
import { type Bucket, takeToken } from "../core/rate.ts";
import { Call, type CallOwner } from "./call.ts";
import type { Caller } from "./caller.ts";
import type { Hook, HookClient, HookKind, HookOptions, HookOutcome, HookTypes } from "./hooks.ts";
import { waitingLimit } from "./limits.ts";

/** Hooks that the server asks by itself: no command of the client waits for them. */
export const expiryHooks: ReadonlySet<HookKind> = new Set(["refresh", "sub_refresh"]);

/** What is counted of one connection in one hook that has limits for each connection. */
interface Share extends Bucket {
  active: number;
}

/**
 * The hook calls of one connection. Those that run beside its commands are bounded, and more wait; the others are called
 * one after the other, because the connection waits for each.
 */
export class ClientHooks implements CallOwner {
  readonly client: HookClient;
  readonly #caller: Caller;
  readonly #options: Pick<HookOptions, "beside" | "besideLimit">;
  readonly #running = new Set<Call>();
  #beside = 0;
  #waiting: Call[] = [];
  #shares: Map<Hook, Share> | null = null;
  #isDraining = false;
  #isEnded = false;

  constructor(client: HookClient, caller: Caller, options: Pick<HookOptions, "beside" | "besideLimit">) {
    this.client = client;
    this.#caller = caller;
    this.#options = options;
  }

  /** Calls a hook. `done` is called once, maybe before this returns, and never after `end`. */
  call<K extends HookKind>(
    hook: Hook<K>,
    request: HookTypes[K]["request"],
    done: (outcome: HookOutcome<K>) => void,
  ): void {
    if (this.#isEnded) return;
    // The hook and what it answers belong together; from here on its kind does not matter.
    const call = new Call<K>(hook, this, { request, done }) as unknown as Call;
    const mayWait = this.#waiting.length < waitingLimit;
    if (!this.#isWithinRate(hook)) this.#refuse(call);
    else if (this.#mayStart(hook)) this.#start(call);
    else if (mayWait) this.#waiting.push(call);
    else this.#refuse(call);
  }

  /** The connection has ended: what runs is aborted, and what it answers is dropped. */
  end(): void {
    this.#isEnded = true;
    this.#waiting = [];
    for (const call of [...this.#running]) this.#caller.abandon(call);
  }

  ended(call: Call): void {
    this.#running.delete(call);
    if (this.#runsBeside(call.hook)) this.#beside -= 1;
    const share = this.#shares?.get(call.hook);
    if (share) share.active -= 1;
    this.#drain();
  }

  /** Starts what has room now. A handler that answers at once comes back here: the loop that runs goes on instead. */
  #drain(): void {
    if (this.#isDraining || this.#waiting.length === 0) return;
    this.#isDraining = true;
    for (let next = this.#nextWaiting(); next; next = this.#nextWaiting()) this.#start(next);
    this.#isDraining = false;
  }

  #nextWaiting(): Call | undefined {
    const at = this.#waiting.findIndex(({ hook }) => this.#mayStart(hook));
    return at === -1 ? undefined : this.#waiting.splice(at, 1)[0];
  }

  #mayStart(hook: Hook): boolean {
    if (this.#runsBeside(hook) && this.#beside >= this.#options.besideLimit) return false;
    const { perConnection } = hook.limits;
    return perConnection === Number.POSITIVE_INFINITY || this.#shareOf(hook).active < perConnection;
  }

  #start(call: Call): void {
    this.#running.add(call);
    if (this.#runsBeside(call.hook)) this.#beside += 1;
    const share = this.#shares?.get(call.hook);
    if (share) share.active += 1;
    this.#caller.start(call);
  }

  #isWithinRate(hook: Hook): boolean {
    const { rate } = hook.limits;
    return rate === null || takeToken(this.#shareOf(hook), this.#caller.now(), rate);
  }

  #shareOf(hook: Hook): Share {
    this.#shares ??= new Map();
    const known = this.#shares.get(hook);
    if (known) return known;
    const share = { active: 0, tokens: hook.limits.rate?.burst ?? 0, filledAt: this.#caller.now() };
    this.#shares.set(hook, share);
    return share;
  }

  #refuse(call: Call): void {
    this.#caller.stateOf(call.hook).statistics.limited += 1;
    call.done({ kind: "failed", error: errors.tooManyRequests });
  }

  #runsBeside({ kind }: Hook): boolean {
    return this.#options.beside.has(kind);
  }
}
