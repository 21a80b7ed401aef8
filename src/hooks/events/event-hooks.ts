import type { ChannelOptions } from "../../options/channel.ts";
import type { ProxyOptions } from "../../options/proxy.ts";
import type { LifecycleEvent } from "../hooks.ts";
import { Endpoint, type EndpointPorts } from "../http/endpoint.ts";
import type { HookStatistics } from "../statistics.ts";
import { type EventKind, readEvent, type ToldEvent } from "./event.ts";
import { Outbox, type OutboxOptions, type OutboxPorts } from "./outbox.ts";
import { Sender } from "./sender.ts";

/** Milliseconds for the last events of a server that stops. */
const finishMax = 2_000;

/** Which back ends receive which events. */
export interface EventHooksOptions {
  readonly outbox: OutboxOptions & { readonly batch_size: number };
  /** What `default` means for each kind; null where it is off, or has no endpoint. */
  readonly defaults: Readonly<Record<EventKind, ProxyOptions | null>>;
  readonly proxies: readonly (ProxyOptions & { readonly name: string })[];
}

/** What they need of the server. */
export interface EventHooksPorts extends OutboxPorts, EndpointPorts {
  /** The options of the channel's namespace; null where that is unknown. */
  channelOptions(channel: string): ChannelOptions | null;
}

/** Tells back ends of connections and channels, at least once, through an outbox. */
export class EventHooks {
  readonly outbox: Outbox;
  readonly #ports: EventHooksPorts;
  readonly #senders: readonly Sender[];
  readonly #routes: ReadonlySet<string>;

  /** Throws where the file of the outbox cannot be had. */
  constructor({ outbox, defaults, proxies }: EventHooksOptions, ports: EventHooksPorts) {
    this.#ports = ports;
    this.outbox = new Outbox(outbox, ports, () => this.#wake());
    const targets = new Map<string, { options: ProxyOptions; routes: string[] }>();
    const add = (kind: string, name: string, options: ProxyOptions | null) => {
      if (options === null || options.endpoint === "") return;
      const known = targets.get(options.endpoint);
      if (known) known.routes.push(routeOf(kind, name));
      else targets.set(options.endpoint, { options, routes: [routeOf(kind, name)] });
    };
    for (const [kind, options] of Object.entries(defaults)) {
      add(kind, "default", options);
      for (const proxy of proxies) if (kind === "unsubscribe" || kind === "channel_state") add(kind, proxy.name, proxy);
    }
    this.#senders = [...targets.values()].map(
      ({ options, routes }) =>
        new Sender(
          { endpoint: new Endpoint(options, ports), timeout: options.timeout, batchSize: outbox.batch_size, routes },
          this.outbox,
          ports,
        ),
    );
    this.#routes = new Set([...targets.values()].flatMap(({ routes }) => routes));
    const previous = this.outbox.begin();
    for (const { routes } of targets.values()) {
      if (!routes[0]) continue;
      if (this.outbox.wasDamaged) this.outbox.add(routes[0], { type: "events_lost", count: 0 });
      // Within one run the outbox may be opened again, with other options: its connections are there.
      if (previous !== ports.node) this.outbox.add(routes[0], { type: "node_started", previous });
    }
    this.#wake();
  }

  /** The server stops: sends what waits, as long as the back ends take it, at most two seconds. */
  async finish(): Promise<void> {
    this.outbox.flush();
    const late = Promise.withResolvers<void>();
    const cancel = this.#ports.after(finishMax, late.resolve);
    await Promise.race([Promise.all(this.#senders.map((sender) => sender.idle)), late.promise]);
    cancel();
  }

  tell(event: LifecycleEvent): void {
    const read = readEvent(event);
    if (read !== null) this.told(read);
  }

  /** The same of an event as back ends receive it. */
  told({ kind, fields }: ToldEvent): void {
    const name = this.#nameOf(kind, fields.channel);
    const route = name === null ? null : routeOf(kind, name);
    if (route !== null && this.#routes.has(route)) this.outbox.add(route, fields);
  }

  /** 0 where a back end is notified when the channel's last subscriber has left. */
  linger(channel: string): number | null {
    return this.#ports.channelOptions(channel)?.channel_state_proxy_enabled ? 0 : null;
  }

  statistics(): readonly HookStatistics[] {
    const { waiting, lost } = this.outbox;
    return this.#senders.map(({ statistics }) => ({ ...statistics, waiting, limited: lost }));
  }

  /** Commits the events. What is not acknowledged is sent at the next start. */
  close(): void {
    for (const sender of this.#senders) sender.close();
    this.outbox.close();
  }

  #wake(): void {
    for (const sender of this.#senders) sender.wake();
  }

  /** The proxy that receives them; null where none does. */
  #nameOf(kind: EventKind, channel: string | undefined): string | null {
    if (kind === "connected" || kind === "disconnect") return "default";
    const options = this.#ports.channelOptions(channel ?? "");
    if (kind === "unsubscribe") return options?.unsubscribe_proxy_enabled ? options.unsubscribe_proxy_name : null;
    return options?.channel_state_proxy_enabled ? options.channel_state_proxy_name : null;
  }
}

function routeOf(kind: string, name: string): string {
  return `${kind} ${name}`;
}
