import type { Clock } from "../core/clock.ts";
import { errors } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import { type Bucket, takeToken } from "../core/rate.ts";
import { RatedLog } from "../core/rated-log.ts";
import type { Call } from "./call.ts";
import { describeFault } from "./fault.ts";
import type { Hook, HookAnswer, HookKind, HookOutcome } from "./hooks.ts";
import { blockedMax } from "./limits.ts";
import { countDuration, createStatistics, type HookStatistics } from "./statistics.ts";

/** What calling hooks needs. */
export interface CallerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Runs a task after so many milliseconds; what it returns cancels that. */
  after(delay: number, run: () => void): () => void;
}

/** One hook, and what runs of it on this server. */
interface HookState {
  readonly statistics: HookStatistics;
  /** Calls that have their connection's permission and wait for the server's. */
  readonly waiting: Call[];
  isDraining: boolean;
  /** Log lines about faults that may still be written; the others are counted. */
  readonly faults: Bucket;
  unloggedFaults: number;
}

/** Lines about the faults of one hook: so many at once, and one a second. */
const faultLines = { limit: 1, burst: 20 };

/**
 * Calls hooks within their limits: a timeout, calls at once on this server, and a bounded queue. It is the only place
 * that runs a hook: a fault is counted and logged with an id here, and the client is answered with error 100 alone.
 */
export class Caller {
  readonly #ports: CallerPorts;
  readonly #blocks: RatedLog;
  readonly #states = new Map<Hook, HookState>();
  /** Those with waiting calls that share a limit; the next one to be served is the first. */
  readonly #sharing = new Set<HookState>();

  constructor(ports: CallerPorts) {
    this.#ports = ports;
    this.#blocks = new RatedLog("hook.blocked", { ...ports, level: "warn" });
  }

  /** What was counted, by hook. */
  statistics(): HookStatistics[] {
    return [...this.#states.values()].map(({ statistics }) => statistics);
  }

  /**
   * The event loop was late by so many milliseconds: names the hooks that were running, one of which may have held it
   * after its first wait.
   */
  lagged(milliseconds: number): void {
    if (milliseconds <= blockedMax) return;
    for (const { statistics, faults } of this.#states.values()) {
      if (statistics.inFlight === 0 || !takeToken(faults, this.now(), faultLines)) continue;
      const { kind, name } = statistics;
      this.#ports.log.warn("hook.suspected", { hook: kind, name, milliseconds: Math.round(milliseconds) });
    }
  }

  now(): number {
    return this.#ports.clock.monotonic();
  }

  stateOf(hook: Hook): HookState {
    const known = this.#states.get(hook);
    if (known) return known;
    const state: HookState = {
      statistics: createStatistics(hook.kind, hook.name),
      waiting: [],
      isDraining: false,
      faults: { tokens: faultLines.burst, filledAt: this.now() },
      unloggedFaults: 0,
    };
    this.#states.set(hook, state);
    return state;
  }

  /** Runs a call, now or when the server's limit has room for it. */
  start(call: Call): void {
    const state = this.stateOf(call.hook);
    const { statistics, waiting } = state;
    if (hasRoom(call.hook, statistics)) this.#run(state, call);
    else if (waiting.length < call.hook.limits.queue) {
      statistics.waiting = waiting.push(call);
      if (call.hook.limits.shared) this.#sharing.add(state);
      // Waiting is bounded in time as well: a hook that hangs does not keep those behind it.
      call.cancelTimeout = this.#ports.after(call.hook.limits.timeout, () => this.#timeOut(state, call));
    } else {
      statistics.limited += 1;
      this.#settle(state, call, { kind: "failed", error: errors.tooManyRequests });
    }
  }

  /** The connection of a call has ended: its answer is of no use any more. */
  abandon(call: Call): void {
    const state = this.stateOf(call.hook);
    const at = state.waiting.indexOf(call);
    if (at !== -1) state.waiting.splice(at, 1);
    state.statistics.waiting = state.waiting.length;
    this.#settle(state, call, null);
    call.abort(new DOMException("the connection has ended", "AbortError"));
  }

  #run(state: HookState, call: Call): void {
    const { statistics } = state;
    const startedAt = this.now();
    call.cancelTimeout?.();
    call.hook.limits.shared?.started(statistics.inFlight);
    call.startedAt = startedAt;
    statistics.calls += 1;
    statistics.inFlight += 1;
    try {
      const answer = call.run();
      const held = this.now() - startedAt;
      if (held > blockedMax) this.#reportBlocked(statistics, held);
      if (answer instanceof Promise) this.#await(state, call, answer);
      else this.#answered(state, call, answer);
    } catch (error) {
      this.#failed(state, call, error);
    }
  }

  #await(state: HookState, call: Call, answer: Promise<HookAnswer<HookKind>>): void {
    call.cancelTimeout = this.#ports.after(call.hook.limits.timeout, () => this.#timeOut(state, call));
    answer.then(
      (given) => this.#answered(state, call, given),
      (error: unknown) => this.#failed(state, call, error),
    );
  }

  #timeOut(state: HookState, call: Call): void {
    const at = state.waiting.indexOf(call);
    if (at !== -1) state.waiting.splice(at, 1);
    state.statistics.waiting = state.waiting.length;
    state.statistics.timeouts += 1;
    const did = call.startedAt === null ? "waited too long for its turn" : "took too long";
    const reason = new DOMException(`the hook ${did}`, "TimeoutError");
    this.#logFault(state, call, reason);
    this.#settle(state, call, { kind: "failed", error: errors.internal });
    call.abort(reason);
  }

  #answered(state: HookState, call: Call, answer: HookAnswer<HookKind>): void {
    if (call.isSettled) state.statistics.late += 1;
    else this.#settle(state, call, answer);
  }

  #failed(state: HookState, call: Call, error: unknown): void {
    const isLate = call.isSettled;
    if (isLate) state.statistics.late += 1;
    else state.statistics.errors += 1;
    // A hook that gives up because its signal aborted is late, not wrong.
    if (!(isLate && isAbort(error))) this.#logFault(state, call, error);
    if (!isLate) this.#settle(state, call, { kind: "failed", error: errors.internal });
  }

  /** Ends a call, and gives its place to the next one. Null: its connection has ended and receives nothing. */
  #settle(state: HookState, call: Call, outcome: HookOutcome<HookKind> | null): void {
    if (call.isSettled) return;
    call.isSettled = true;
    call.cancelTimeout?.();
    const { statistics } = state;
    const { shared } = call.hook.limits;
    if (call.startedAt !== null) {
      shared?.ended(statistics.inFlight);
      statistics.inFlight -= 1;
      countDuration(statistics, (this.now() - call.startedAt) / 1000);
    }
    if (outcome) call.done(outcome);
    call.owner.ended(call);
    if (shared === null) this.#drain(state);
    else this.#drainSharing();
  }

  /** Gives what a call has left to the hooks that share a limit, in turn. */
  #drainSharing(): void {
    for (const state of [...this.#sharing]) {
      this.#drain(state);
      this.#sharing.delete(state);
      if (state.waiting.length > 0) this.#sharing.add(state);
    }
  }

  /** Runs what has room now. A handler that answers at once comes back here: the loop that runs goes on instead. */
  #drain(state: HookState): void {
    const { waiting, statistics } = state;
    if (state.isDraining || waiting.length === 0) return;
    state.isDraining = true;
    for (let call = waiting[0]; call && hasRoom(call.hook, statistics); call = waiting[0]) {
      waiting.shift();
      this.#run(state, call);
    }
    statistics.waiting = waiting.length;
    state.isDraining = false;
  }

  #reportBlocked(statistics: HookStatistics, held: number): void {
    statistics.blocked += 1;
    const { kind, name } = statistics;
    this.#blocks.add(`${kind} ${name}`, () => ({ hook: kind, name, milliseconds: Math.round(held) }));
  }

  #logFault(state: HookState, call: Call, error: unknown): void {
    if (!takeToken(state.faults, this.now(), faultLines)) {
      state.unloggedFaults += 1;
      return;
    }
    const { kind, name, place } = call.hook;
    this.#ports.log.error("hook.failed", {
      hook: kind,
      name,
      ...(place !== undefined && { place }),
      id: this.#ports.random.uuid(),
      connection: call.owner.client.id,
      error: describeFault(error),
      ...(state.unloggedFaults > 0 && { unlogged: state.unloggedFaults }),
    });
    state.unloggedFaults = 0;
  }
}

function hasRoom({ limits }: Hook, { inFlight }: HookStatistics): boolean {
  return inFlight < limits.perServer && (limits.shared?.admits(inFlight) ?? true);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}
