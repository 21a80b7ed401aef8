import type { HookClient, LifecycleEvent } from "../hooks.ts";
import type { Listeners } from "../listeners.ts";
import type { Application } from "./application.ts";
import type { ConnectionHandle } from "./handle.ts";
import type { DeclaredChannel, RuntimeHandlers } from "./runtime.ts";

/** What lifecycle handlers work with. */
export interface LifecycleParts {
  readonly application: Application;
  readonly handlers: RuntimeHandlers;
  readonly listeners: Listeners;
  find(channel: string): DeclaredChannel | null;
}

/** From this code on a stock client does not connect again: 3500 to 3999, and 4500 to 4999. */
function willReturn(code: number): boolean {
  return !((code >= 3500 && code < 4000) || (code >= 4500 && code < 5000));
}

/** Keeps the handles of connections up to date, and runs the handlers of their lifecycle. */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  readonly #connections = new Map<string, Set<ConnectionHandle>>();
  /** The signals of channels that are open. */
  readonly #open = new Map<string, AbortController>();

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** The handles of connections; a copy, because what is done with them may end them. */
  connections(user: string | null): readonly ConnectionHandle[] {
    if (user !== null) return [...(this.#connections.get(user) ?? [])];
    return [...this.#connections.values()].flatMap((handles) => [...handles]);
  }

  tell(event: LifecycleEvent): void {
    switch (event.type) {
      case "connected":
        this.#connected(event.client);
        break;
      case "disconnected":
        this.#disconnected(event);
        break;
      case "subscribed":
        this.#parts.application.handleOf(event.client).channels.add(event.channel);
        break;
      case "unsubscribed":
        this.#unsubscribed(event);
        break;
      case "channel.opened":
        this.#opened(event.channel);
        break;
      case "channel.closed":
        this.#closed(event.channel);
    }
  }

  #connected(client: HookClient): void {
    const { application, handlers, listeners } = this.#parts;
    const connection = application.handleOf(client);
    const handles = this.#connections.get(client.user) ?? new Set();
    this.#connections.set(client.user, handles.add(connection));
    const { connected } = handlers;
    if (connected) listeners.run("connected", "connected", () => connected({ connection, server: application.server }));
  }

  #disconnected({ client, disconnect, duration }: Extract<LifecycleEvent, { type: "disconnected" }>): void {
    const { application, handlers, listeners } = this.#parts;
    const connection = application.handleOf(client);
    const handles = this.#connections.get(client.user);
    handles?.delete(connection);
    if (handles?.size === 0) this.#connections.delete(client.user);
    connection.end();
    const { disconnected } = handlers;
    const reason = { ...disconnect, willReturn: willReturn(disconnect.code) };
    const on = { connection, server: application.server, reason, duration };
    if (disconnected) listeners.run("disconnected", "disconnected", () => disconnected(on));
  }

  #unsubscribed({ client, channel, unsubscribe }: Extract<LifecycleEvent, { type: "unsubscribed" }>): void {
    const { application, listeners, find } = this.#parts;
    const connection = application.handleOf(client);
    connection.channels.delete(channel);
    const declared = find(channel);
    const handle = declared?.handlers.unsubscribe;
    if (!handle) return;
    const on = {
      connection,
      channel,
      params: declared.pattern.match(channel) ?? {},
      get signal() {
        return connection.signal;
      },
      server: application.server,
      reason: unsubscribe,
    };
    listeners.run("unsubscribed", declared.name, () => handle(on));
  }

  #opened(channel: string): void {
    const { application, listeners, find } = this.#parts;
    const declared = find(channel);
    const handle = declared?.handlers.opened;
    if (!handle) return;
    const controller = new AbortController();
    this.#open.set(channel, controller);
    const params = declared.pattern.match(channel) ?? {};
    const { signal } = controller;
    listeners.run("opened", declared.name, () => handle({ channel, params, signal, server: application.server }));
  }

  #closed(channel: string): void {
    const { application, listeners, find } = this.#parts;
    this.#open.get(channel)?.abort();
    this.#open.delete(channel);
    const declared = find(channel);
    const handle = declared?.handlers.closed;
    if (!handle) return;
    const params = declared.pattern.match(channel) ?? {};
    listeners.run("closed", declared.name, () => handle({ channel, params, server: application.server }));
  }
}
