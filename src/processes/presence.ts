import * as v from "valibot";
import { clientInfo, infoOf } from "../broker/remote/client-info.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { presenceBytes } from "../core/presence-bytes.ts";
import type { ClientInfo } from "../core/publication.ts";
import type { PresenceStats } from "../core/reply.ts";
import type { PresenceQueries } from "../presence/presence.ts";
import type { PresenceEvents, Visibility } from "../presence/presence-events.ts";
import type { SharedPresence } from "../presence/shared.ts";
import { kinds } from "./kinds.ts";
import type { Link } from "./link.ts";
import { Service, serveMethods } from "./service.ts";

const event = v.object({
  channel: v.string(),
  info: clientInfo,
  visibility: v.object({ presence: v.boolean(), joinLeave: v.boolean(), leaveGrace: v.number() }),
});

const question = v.object({ channel: v.string(), bytesMax: v.nullable(v.number()) });
const list = v.union([v.literal("over"), v.array(clientInfo)]);
const stats = v.object({ clients: v.number(), users: v.number() });

/** The presence of a node, which its parent keeps, as a worker uses it. */
export class ParentPresence implements SharedPresence {
  /** Leaves wait in the parent. */
  readonly waiting = 0;
  readonly #service: Service;

  constructor(link: Link) {
    this.#service = new Service(link, kinds.presence);
  }

  enter(channel: string, client: ClientInfo, visibility: Visibility): void {
    this.#tell("enter", channel, client, visibility);
  }

  renew(channel: string, client: ClientInfo, visibility: Visibility): void {
    this.#tell("renew", channel, client, visibility);
  }

  leave(channel: string, client: ClientInfo, visibility: Visibility): void {
    this.#tell("leave", channel, client, visibility);
  }

  async list(channel: string, bytesMax?: number): Promise<ReadonlyMap<string, ClientInfo> | "over" | null> {
    const asked = { channel, bytesMax: bytesMax ?? null };
    const found = await this.#service.ask("list", asked, v.nullable(list), null);
    return found === null || found === "over" ? found : new Map(found.map((each) => [each.client, each]));
  }

  stats(channel: string): Promise<PresenceStats | null> {
    return this.#service.ask("stats", { channel, bytesMax: null }, v.nullable(stats), null);
  }

  tick(): void {}

  /** The parent sees workers end. */
  gone(_node: string): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Both may be larger objects, of which this is a part. */
  #tell(method: string, channel: string, client: ClientInfo, visibility: Visibility): void {
    const { presence, joinLeave, leaveGrace } = visibility;
    this.#service.tell(method, { channel, info: infoOf(client), visibility: { presence, joinLeave, leaveGrace } });
  }
}

/** What a worker has entered. */
type Entered = Map<string, { readonly channel: string; readonly info: ClientInfo; readonly visibility: Visibility }>;

/** The presence that workers share, in their parent: what a worker has entered leaves with it. */
export class PresenceRelay {
  readonly #queries: PresenceQueries;
  readonly #events: PresenceEvents;
  readonly #workers = new Map<Link, Entered>();

  constructor(queries: PresenceQueries, events: PresenceEvents) {
    this.#queries = queries;
    this.#events = events;
  }

  serve(link: Link): void {
    const entered: Entered = new Map();
    this.#workers.set(link, entered);
    serveMethods(link, kinds.presence, {
      enter: (value) => {
        const told = v.parse(event, value);
        entered.set(keyOf(told), told);
        this.#events.enter(told.channel, told.info, told.visibility);
      },
      renew: (value) => {
        const told = v.parse(event, value);
        entered.set(keyOf(told), told);
        this.#events.renew(told.channel, told.info, told.visibility);
      },
      leave: (value) => {
        const told = v.parse(event, value);
        entered.delete(keyOf(told));
        this.#events.leave(told.channel, told.info, told.visibility);
      },
      list: (value) => this.#list(v.parse(question, value)),
      stats: (value) => this.#queries.stats(v.parse(question, value).channel),
    });
  }

  /** The worker has gone, and its clients with it. */
  forget(link: Link): void {
    for (const { channel, info: client, visibility } of this.#workers.get(link)?.values() ?? []) {
      this.#events.leave(channel, client, visibility);
    }
    this.#workers.delete(link);
  }

  #list({ channel, bytesMax }: v.InferOutput<typeof question>): MaybePromise<readonly ClientInfo[] | "over" | null> {
    return then(this.#queries.list(channel), (found) => {
      if (found === null || found === "over") return found;
      return bytesMax !== null && presenceBytes(found) > bytesMax ? "over" : [...found.values()];
    });
  }
}

function keyOf({ channel, info: { client } }: { readonly channel: string; readonly info: ClientInfo }): string {
  return `${client} ${channel}`;
}
