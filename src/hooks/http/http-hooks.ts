import { disconnects } from "../../core/disconnects.ts";
import type { ChannelOptions } from "../../options/channel.ts";
import type { ProxyOptions } from "../../options/proxy.ts";
import type { Hook, HookAnswer, HookKind, HookOptions, Hooks, LifecycleEvent, RpcRoute, SendRoute } from "../hooks.ts";
import type { HookStatistics } from "../statistics.ts";
import { createHttpHook, type HttpHookPorts, type ReadResult } from "./http-hook.ts";
import {
  connectResult,
  publishResult,
  refreshResult,
  rpcResult,
  subRefreshResult,
  subscribeResult,
  UndecodableResult,
} from "./results.ts";

/** What the configuration says of hooks. */
export interface HttpHooksOptions {
  readonly concurrency: number;
  /** Null where it is off. */
  readonly connect: ProxyOptions | null;
  readonly refresh: ProxyOptions | null;
  /** What `default` means for each hook of channels, and for calls. An empty endpoint: there is none. */
  readonly defaults: Readonly<Record<"subscribe" | "publish" | "sub_refresh" | "rpc", ProxyOptions>>;
  readonly proxies: readonly (ProxyOptions & { readonly name: string })[];
  readonly rpc: {
    readonly boundary: string;
    readonly withoutNamespace: RpcNamespace;
    readonly namespaces: readonly (RpcNamespace & { readonly name: string })[];
  };
}

interface RpcNamespace {
  readonly proxy_enabled: boolean;
  readonly proxy_name: string;
}

/** What the hooks ask of the server. */
export interface HttpHooksPorts extends HttpHookPorts {
  /** The options of the channel's namespace; null where that is unknown. */
  channelOptions(channel: string): ChannelOptions | null;
}

/** Hooks that are URLs of a back end, as Centrifugo's proxies: the second implementation of the port. */
export class HttpHooks implements Hooks {
  readonly options: HookOptions;
  /** A back end has no schemas here. */
  readonly refusedOutputs = 0;
  readonly #ports: HttpHooksPorts;
  readonly #connect: Hook<"connect"> | null;
  readonly #refresh: Hook<"refresh"> | null;
  readonly #subscribe: NamedHooks<"subscribe">;
  readonly #publish: NamedHooks<"publish">;
  readonly #subRefresh: NamedHooks<"sub_refresh">;
  readonly #calls: CallRoutes;

  constructor(options: HttpHooksOptions, ports: HttpHooksPorts) {
    this.#ports = ports;
    this.options = {
      beside: options.concurrency > 1 ? new Set<HookKind>(["subscribe", "publish", "rpc"]) : new Set(),
      besideLimit: Math.max(1, options.concurrency),
      ownsExpiry: options.refresh !== null,
      asksAtExpiry: options.refresh !== null,
    };
    const { connect, refresh, defaults } = options;
    this.#connect = connect && createHttpHook("connect", "default", { options: connect, ports, read: connectResult });
    this.#refresh = refresh && createRefreshHook(refresh, ports);
    const named = <K extends "subscribe" | "publish" | "sub_refresh" | "rpc">(kind: K, read: ReadResult<K>) =>
      new NamedHooks(kind, read, { first: defaults[kind], proxies: options.proxies, ports });
    this.#subscribe = named("subscribe", subscribeResult);
    this.#publish = named("publish", publishResult);
    this.#subRefresh = named("sub_refresh", endedWhereUndecodable);
    this.#calls = new CallRoutes(options.rpc, named("rpc", rpcResult));
  }

  connect(token: string): Hook<"connect"> | null {
    return token === "" ? this.#connect : null;
  }

  refresh(): Hook<"refresh"> | null {
    return this.#refresh;
  }

  subscribe(channel: string): Hook<"subscribe"> | null {
    const options = this.#ports.channelOptions(channel);
    return options?.subscribe_proxy_enabled ? this.#subscribe.find(options.subscribe_proxy_name) : null;
  }

  subRefresh(channel: string): Hook<"sub_refresh"> | null {
    const options = this.#ports.channelOptions(channel);
    return options?.sub_refresh_proxy_enabled ? this.#subRefresh.find(options.sub_refresh_proxy_name) : null;
  }

  publish(channel: string): Hook<"publish"> | null {
    const options = this.#ports.channelOptions(channel);
    return options?.publish_proxy_enabled ? this.#publish.find(options.publish_proxy_name) : null;
  }

  rpc(method: string): RpcRoute {
    return this.#calls.find(method);
  }

  /** Centrifugo has no hook for messages. */
  send(): SendRoute {
    return "no messages";
  }

  linger(): number | null {
    return null;
  }

  tell(_event: LifecycleEvent): void {}

  statistics(): readonly HookStatistics[] {
    return [];
  }
}

/** The hooks of one kind, by the names of their proxies; made when they are first asked for. */
class NamedHooks<K extends "subscribe" | "publish" | "sub_refresh" | "rpc"> {
  readonly #kind: K;
  readonly #read: ReadResult<K>;
  readonly #ports: HttpHookPorts;
  readonly #options: ReadonlyMap<string, ProxyOptions>;
  readonly #hooks = new Map<string, Hook<K>>();

  constructor(
    kind: K,
    read: ReadResult<K>,
    { first, proxies, ports }: { first: ProxyOptions; proxies: HttpHooksOptions["proxies"]; ports: HttpHookPorts },
  ) {
    this.#kind = kind;
    this.#read = read;
    this.#ports = ports;
    this.#options = new Map([
      ["default", first],
      ...proxies.map(({ name, ...options }): [string, ProxyOptions] => [name, options]),
    ]);
  }

  /** Null where it has no endpoint, which the start allows for calls alone. */
  find(name: string): Hook<K> | null {
    const known = this.#hooks.get(name);
    if (known) return known;
    const options = this.#options.get(name);
    if (!options || options.endpoint === "") return null;
    const hook = createHttpHook(this.#kind, name, { options, ports: this.#ports, read: this.#read });
    this.#hooks.set(name, hook);
    return hook;
  }
}

/** Which hook answers a call. */
class CallRoutes {
  readonly #boundary: string;
  readonly #routes: ReadonlyMap<string, RpcRoute>;

  constructor({ boundary, withoutNamespace, namespaces }: HttpHooksOptions["rpc"], hooks: NamedHooks<"rpc">) {
    const routeOf = ({ proxy_enabled, proxy_name }: RpcNamespace): RpcRoute =>
      (proxy_enabled ? hooks.find(proxy_name) : null) ?? "no methods";
    this.#boundary = boundary;
    this.#routes = new Map<string, RpcRoute>([
      ...namespaces.map((namespace): [string, RpcRoute] => [namespace.name, routeOf(namespace)]),
      ["", routeOf(withoutNamespace)],
    ]);
  }

  /** Without any hook every call is not available; a method of an unknown namespace is not found. */
  find(method: string): RpcRoute {
    const at = this.#boundary === "" ? -1 : method.indexOf(this.#boundary);
    const route = this.#routes.get(at <= 0 ? "" : method.slice(0, at));
    if (route !== undefined) return route;
    return [...this.#routes.values()].every((each) => each === "no methods") ? "no methods" : "unknown method";
  }
}

/** A subscription ends where its refresh cannot be decoded, as in Centrifugo. */
function endedWhereUndecodable(result: Parameters<typeof subRefreshResult>[0]) {
  try {
    return subRefreshResult(result);
  } catch (error) {
    if (error instanceof UndecodableResult) return null;
    throw error;
  }
}

/** A refresh has two outcomes: another expiry, or the end. Only a result that cannot be decoded ends it otherwise. */
function createRefreshHook(options: ProxyOptions, ports: HttpHookPorts): Hook<"refresh"> {
  const hook = createHttpHook("refresh", "default", { options, ports, read: refreshResult });
  return {
    ...hook,
    async run(client, request, call): Promise<HookAnswer<"refresh">> {
      try {
        const answer = await hook.run(client, request, call);
        return answer.kind === "result" ? answer : { kind: "none" };
      } catch (error) {
        if (error instanceof UndecodableResult) return { kind: "disconnect", disconnect: disconnects.internal };
        throw error;
      }
    },
  };
}
