import type { ContractSchemas } from "../../contract/contract.ts";
import { envelopeIn } from "../../contract/envelope.ts";
import type { Payload } from "../../core/payload.ts";
import type { Hook, HookOptions, Hooks, LifecycleEvent, RpcRoute, SendRoute } from "../hooks.ts";
import { besideLimit } from "../limits.ts";
import { type ListenerPorts, Listeners } from "../listeners.ts";
import type { HookStatistics } from "../statistics.ts";
import { Application, type ApplicationParts, valueOfPayload } from "./application.ts";
import { createCallHook, createSendHooks } from "./call-hooks.ts";
import { type ChannelHooks, createChannelHooks } from "./channel-hooks.ts";
import { createConnectHook, createRefreshHook, type RuntimeAuthenticate } from "./connect-hooks.ts";
import { millisecondsOf } from "./durations.ts";
import type { ConnectionHandle } from "./handle.ts";
import type { Verified } from "./handlers.ts";
import { Lifecycle } from "./lifecycle.ts";
import {
  ChannelTable,
  type DeclaredChannel,
  declareCalls,
  declareChannels,
  declareSends,
  type RuntimeHandlers,
} from "./runtime.ts";

/** An application: its contract, and the handlers of it. */
export interface ApplicationDefinition {
  readonly schemas: ContractSchemas;
  readonly authenticate: RuntimeAuthenticate | null;
  readonly handlers: RuntimeHandlers;
}

/** What the hooks of an application need of the server. */
export interface InProcessPorts extends ListenerPorts, ApplicationParts {
  /** The configured check of a connection token. */
  verify(token: string): Promise<Verified>;
}

/** A channel with all that was made of it. */
interface Entry extends DeclaredChannel {
  readonly hooks: ChannelHooks;
  readonly linger: number | null;
}

/** The hooks of an application in this process: the first implementation of the port. */
export class InProcessHooks implements Hooks {
  readonly options: HookOptions;
  readonly application: Application;
  readonly listeners: Listeners;
  readonly #channels: ChannelTable<Entry>;
  readonly #calls: ReadonlyMap<string, Hook<"rpc">>;
  readonly #sends: ReadonlyMap<string, Hook<"send">>;
  readonly #connect: Hook<"connect"> | null;
  readonly #refresh: Hook<"refresh"> | null;
  readonly #lifecycle: Lifecycle;

  constructor({ schemas, authenticate, handlers }: ApplicationDefinition, ports: InProcessPorts) {
    const application = new Application(ports);
    this.application = application;
    this.options = {
      beside: new Set(["rpc", "send"]),
      besideLimit,
      ownsExpiry: authenticate !== null,
      asksAtExpiry: handlers.refresh !== undefined,
    };
    this.listeners = new Listeners(ports);
    this.#channels = new ChannelTable<Entry>(
      declareChannels(schemas, handlers).map((declared) => ({
        ...declared,
        hooks: createChannelHooks(application, declared),
        linger: lingerOf(declared),
      })),
    );
    this.#calls = new Map(
      declareCalls(schemas, handlers).map((call) => [call.name, createCallHook(application, call)]),
    );
    this.#sends = createSendHooks(application, declareSends(schemas, handlers));
    const parts = { schema: schemas.connect, verify: ports.verify };
    this.#connect = authenticate && createConnectHook(application, authenticate, parts);
    this.#refresh = handlers.refresh ? createRefreshHook(application, handlers.refresh) : null;
    this.#lifecycle = new Lifecycle({
      application,
      handlers,
      listeners: this.listeners,
      find: (channel) => this.#channels.find(channel),
    });
  }

  connect(_token: string): Hook<"connect"> | null {
    return this.#connect;
  }

  refresh(): Hook<"refresh"> | null {
    return this.#refresh;
  }

  subscribe(channel: string): Hook<"subscribe"> | null {
    return this.#channels.find(channel)?.hooks.subscribe ?? null;
  }

  subRefresh(channel: string): Hook<"sub_refresh"> | null {
    return this.#channels.find(channel)?.hooks.subRefresh ?? null;
  }

  publish(channel: string): Hook<"publish"> | null {
    return this.#channels.find(channel)?.hooks.publish ?? null;
  }

  rpc(method: string): RpcRoute {
    return this.#calls.get(method) ?? (this.#calls.size === 0 ? "no methods" : "unknown method");
  }

  send(data: Payload): SendRoute {
    if (this.#sends.size === 0) return "no messages";
    return this.#sends.get(envelopeIn(valueOfPayload(data))?.name ?? "") ?? "unknown message";
  }

  linger(channel: string): number | null {
    return this.#channels.find(channel)?.linger ?? null;
  }

  tell(event: LifecycleEvent): void {
    this.#lifecycle.tell(event);
  }

  get refusedOutputs(): number {
    return this.application.refusedOutputs;
  }

  statistics(): readonly HookStatistics[] {
    return this.listeners.statistics();
  }

  /** The handles of this node's connections; of one user, or of all. */
  connections(user: string | null): readonly ConnectionHandle[] {
    return this.#lifecycle.connections(user);
  }
}

/** Null where no handler follows the channel's state. */
function lingerOf({ name, handlers: { opened, closed, linger = 0 } }: DeclaredChannel): number | null {
  const milliseconds = millisecondsOf(linger, `${name}.linger`);
  return opened || closed ? milliseconds : null;
}
