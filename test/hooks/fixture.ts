import { Caller } from "../../src/hooks/caller.ts";
import { ClientHooks } from "../../src/hooks/client-hooks.ts";
import type { Hook, HookClient, HookKind, HookOutcome, HookTypes } from "../../src/hooks/hooks.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { SeededRandom } from "../support/random.ts";

/** Tasks that wait for their time; a test lets it pass. */
export class ManualAlarm {
  readonly #clock: ManualClock;
  readonly #tasks = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  readonly after = (delay: number, run: () => void) => {
    const task = { at: this.#clock.monotonic() + delay, run };
    this.#tasks.add(task);
    return () => void this.#tasks.delete(task);
  };

  /** Lets time pass, and runs what was due. */
  advance(milliseconds: number): void {
    this.#clock.advance(milliseconds);
    for (const task of this.#tasks) {
      if (task.at > this.#clock.monotonic()) continue;
      this.#tasks.delete(task);
      task.run();
    }
  }

  get waiting(): number {
    return this.#tasks.size;
  }
}

/** The caller of hooks, with time and log in the hands of a test. */
export class CallerFixture {
  readonly clock = new ManualClock();
  readonly alarm = new ManualAlarm(this.clock);
  readonly log = new CapturedLog();
  readonly random = new SeededRandom(1);
  readonly caller = new Caller({ clock: this.clock, random: this.random, log: this.log.log, after: this.alarm.after });

  /** A new connection. */
  connect(user = "ann"): ClientHooks {
    return new ClientHooks(clientOf(this.random.uuid(), user), this.caller, {
      beside: new Set(["rpc", "send"]),
      besideLimit: 8,
    });
  }

  /** What was counted of a hook. */
  counts(hook: Hook) {
    return this.caller.stateOf(hook).statistics;
  }
}

/** A client as hooks see it. */
export function clientOf(id: string, user: string): HookClient {
  return {
    id,
    user,
    meta: null,
    emulated: null,
    transport: "websocket",
    encoding: "json",
    address: "127.0.0.1",
    upgrade: { url: "http://localhost/connection/websocket?a=1", headers: new Headers({ cookie: "session=s1" }) },
    state: null,
  };
}

/** One call, and what became of it. */
export class Asked<K extends HookKind> {
  readonly outcomes: HookOutcome<K>[] = [];
  readonly outcome: Promise<HookOutcome<K>>;

  constructor(client: ClientHooks, hook: Hook<K>, request: HookTypes[K]["request"]) {
    const { promise, resolve } = Promise.withResolvers<HookOutcome<K>>();
    this.outcome = promise;
    client.call(hook, request, (outcome) => {
      this.outcomes.push(outcome);
      resolve(outcome);
    });
  }
}
