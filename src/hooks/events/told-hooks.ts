import type { Payload } from "../../core/payload.ts";
import type { Hook, HookOptions, Hooks, LifecycleEvent, RpcRoute, SendRoute } from "../hooks.ts";
import type { HookStatistics } from "../statistics.ts";
import type { EventHooks } from "./event-hooks.ts";

/** The lifecycle of connections and channels as events for back ends. */
export type EventReceiver = Pick<EventHooks, "tell" | "linger" | "statistics" | "finish" | "close">;

/** Hooks whose events go to back ends as well. */
export class ToldHooks implements Hooks {
  readonly #hooks: Hooks;
  readonly #events: EventReceiver;

  constructor(hooks: Hooks, events: EventReceiver) {
    this.#hooks = hooks;
    this.#events = events;
  }

  get options(): HookOptions {
    return this.#hooks.options;
  }

  get refusedOutputs(): number {
    return this.#hooks.refusedOutputs;
  }

  connect(token: string): Hook<"connect"> | null {
    return this.#hooks.connect(token);
  }

  refresh(): Hook<"refresh"> | null {
    return this.#hooks.refresh();
  }

  subscribe(channel: string): Hook<"subscribe"> | null {
    return this.#hooks.subscribe(channel);
  }

  subRefresh(channel: string): Hook<"sub_refresh"> | null {
    return this.#hooks.subRefresh(channel);
  }

  publish(channel: string): Hook<"publish"> | null {
    return this.#hooks.publish(channel);
  }

  rpc(method: string): RpcRoute {
    return this.#hooks.rpc(method);
  }

  send(data: Payload): SendRoute {
    return this.#hooks.send(data);
  }

  /** The longer one: neither side sees a channel closed too early. */
  linger(channel: string): number | null {
    const own = this.#hooks.linger(channel);
    const told = this.#events.linger(channel);
    return own === null ? told : Math.max(own, told ?? 0);
  }

  tell(event: LifecycleEvent): void {
    this.#hooks.tell(event);
    this.#events.tell(event);
  }

  statistics(): readonly HookStatistics[] {
    return [...this.#hooks.statistics(), ...this.#events.statistics()];
  }
}
