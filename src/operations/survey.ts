import type { Registry } from "../../actors/hub/registry.ts";
import type { Clock } from "../core/clock.ts";
import { errors } from "../core/errors.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { type Result, refuse } from "../core/result.ts";
import type { Slices } from "../core/slices.ts";
import type { Socket } from "../core/socket.ts";
import { globPattern, type Pattern } from "./glob.ts";

/** What this node is called and runs as. */
interface NodeIdentity {
  /** A random id of this run. */
  readonly uid: string;
  readonly name: string;
  readonly version: string;
}

/** What a process uses. */
interface ProcessUsage {
  /** Percent of one core since the last call. */
  readonly cpu: number;
  /** Bytes of resident memory. */
  readonly rss: number;
}

/** One node, as the method `info` describes it. */
export interface NodeInfo extends NodeIdentity, Counts {
  /** Seconds. */
  readonly uptime: number;
  readonly process: ProcessUsage;
}

/** How many connections, users, subscriptions and channels with a subscriber this node has. */
export interface Counts {
  readonly clients: number;
  readonly users: number;
  readonly subscriptions: number;
  readonly channels: number;
}

/** How many subscribers the channels of this node have. */
interface SubscriberCounts {
  /** Channels with a subscriber. */
  readonly size: number;
  /** Their names. */
  channels(): Iterable<string>;
  count(channel: string): number;
  /** Whether a connection, named by its socket, is a subscriber of the channel. */
  includes(channel: string, socket: Socket): boolean;
}

/** What surveys work with. */
export interface SurveyPorts {
  readonly registry: Pick<Registry, "member" | "count">;
  readonly subscribers: SubscriberCounts;
  readonly slices: Slices;
  readonly clock: Pick<Clock, "monotonic">;
  readonly identity: NodeIdentity;
  usage(): ProcessUsage;
}

const every: Pattern = () => true;

/** What there is on this node. */
export function createSurvey({ registry, subscribers, slices, clock, identity, usage }: SurveyPorts) {
  const startedAt = clock.monotonic();

  const counts = (): Counts => {
    const { connections, users } = registry.count();
    let subscriptions = 0;
    for (const channel of subscribers.channels()) subscriptions += subscribers.count(channel);
    return { clients: connections, users, subscriptions, channels: subscribers.size };
  };

  return {
    /**
     * The channels with a subscriber whose names match a glob ("": all), and how many connections each has. Those that
     * `mayTouch` refuses are left out. A glob that cannot be read is error 100, as in Centrifugo.
     */
    channels: (glob: string, mayTouch: Pattern = every): MaybePromise<Result<ReadonlyMap<string, number>>> => {
      const matches = glob === "" ? every : globPattern(glob);
      if (!matches) return refuse(errors.internal);
      const found = new Map<string, number>();
      const step = (name: string) => {
        if (matches(name) && mayTouch(name)) found.set(name, subscribers.count(name));
        return true;
      };
      return then(slices.each(subscribers.channels(), step), () => ({ ok: true, value: found }));
    },

    node: (): NodeInfo => ({
      ...identity,
      ...counts(),
      uptime: Math.floor((clock.monotonic() - startedAt) / 1000),
      process: usage(),
    }),
  };
}

/** How many connections receive a channel, without the one that is excluded. */
export function receiversOf(
  { registry, subscribers }: Pick<SurveyPorts, "registry" | "subscribers">,
  channel: string,
  excludeClient = "",
): number {
  const socket = excludeClient === "" ? null : registry.member(excludeClient)?.socket;
  return subscribers.count(channel) - (socket && subscribers.includes(channel, socket) ? 1 : 0);
}
