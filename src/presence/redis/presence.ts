import type { ScriptCaller } from "../../broker/redis/commands.ts";
import type { Keys } from "../../broker/redis/keys.ts";
import { encodeInfo } from "../../broker/remote/client-info.ts";
import type { ClientInfo } from "../../core/publication.ts";
import type { PresenceStats } from "../../core/reply.ts";
import type { Visibility } from "../presence-events.ts";
import type { SharedPresence } from "../shared.ts";
import { PresenceCalls } from "./calls.ts";
import { listOf } from "./entry.ts";
import { type NodePorts, Ownership } from "./ownership.ts";
import { Reconciler, type Room, type ToldWhen } from "./reconciler.ts";
import * as scripts from "./scripts.ts";

/** What presence on Redis works with. */
export interface RedisPresencePorts extends NodePorts {
  readonly redis: ScriptCaller;
  readonly keys: Keys;
  /** Runs something later. */
  after(delay: number, run: () => void): () => void;
  /** Leaves that may wait at once; one more is published at once. Default 100,000. */
  readonly waitingMax?: number;
}

const nobody: ReadonlyMap<string, ClientInfo> = new Map();

/** Lists that are kept, so that one that did not change is not read again. */
const listsMax = 128;
/** Milliseconds after which a leave that could not be published is tried again. */
const retryMs = 1_000;
/** Milliseconds that the list of a user's leaves stays longer than the last of them waits. */
const lingerMs = 60_000;

/**
 * Presence on Redis: each entry names its node and lives until its connection leaves or its node is gone, without being
 * written again. Entry, count and join are one script, so that each join and leave is published once, by whichever node.
 */
export class RedisPresence implements SharedPresence {
  /** Entries of an unknown version, or damaged ones. */
  unreadable = 0;
  /** Leaves that wait. */
  waiting = 0;
  readonly #ports: RedisPresencePorts;
  readonly #calls: PresenceCalls;
  readonly #rooms = new Map<string, Room>();
  readonly #reconciler: Reconciler;
  readonly #ownership: Ownership;
  readonly #lists = new Map<string, { readonly version: string; readonly list: ReadonlyMap<string, ClientInfo> }>();

  constructor(ports: RedisPresencePorts) {
    this.#ports = ports;
    this.#calls = new PresenceCalls(ports.redis, ports.keys);
    this.#reconciler = new Reconciler({
      calls: this.#calls,
      node: ports.node,
      rooms: this.#rooms,
      enter: (channel, client, told) => this.#enter(channel, client, told),
      leave: (channel, client) => this.#leave(channel, client, { grace: 0, user: "" }),
    });
    this.#ownership = new Ownership({
      ...ports,
      calls: this.#calls,
      confirmed: () => void this.#reconciler.run(),
      changed: (why) => {
        this.#lists.clear();
        this.#reconciler.all(why);
      },
    });
  }

  enter(channel: string, info: ClientInfo, visibility: Visibility): void {
    if (!visibility.presence && !visibility.joinLeave) return;
    const room = this.#rooms.get(channel) ?? this.#open(channel);
    room.clients.set(info.client, { info, visibility, isTold: false });
    void this.#enter(channel, info.client, "always");
  }

  renew(channel: string, info: ClientInfo, visibility: Visibility): void {
    const entry = this.#rooms.get(channel)?.clients.get(info.client);
    if (!entry) return;
    entry.info = info;
    entry.visibility = visibility;
    void this.#enter(channel, info.client, entry.isTold ? "never" : "new");
  }

  leave(channel: string, info: ClientInfo, { joinLeave, leaveGrace }: Visibility): void {
    const { client, user } = info;
    const room = this.#rooms.get(channel);
    if (!room?.clients.delete(client)) return;
    const { waitingMax = 100_000 } = this.#ports;
    const waits = joinLeave && leaveGrace > 0 && user !== "" && this.waiting < waitingMax;
    void this.#leave(channel, client, { grace: waits ? leaveGrace : 0, user });
    if (waits) this.#wait(channel, room, { info, grace: leaveGrace });
  }

  async list(channel: string, bytesMax?: number): Promise<ReadonlyMap<string, ClientInfo> | "over" | null> {
    const known = this.#lists.get(channel);
    const { keys } = this.#calls.channel(channel, "un");
    const answer = await this.#calls.call(scripts.list, keys, [known?.version ?? "", bytesMax ?? ""]);
    if (answer === "over") return answer;
    if (!Array.isArray(answer)) return null;
    const [version, entries]: unknown[] = answer;
    if (!Array.isArray(entries)) return version === "" ? nobody : (known?.list ?? null);
    const list = listOf(entries, () => {
      this.unreadable += 1;
    });
    this.#keep(channel, String(version), list);
    return list;
  }

  async stats(channel: string): Promise<PresenceStats | null> {
    const answer = await this.#calls.call(scripts.stats, this.#calls.channel(channel, "un").keys, []);
    return Array.isArray(answer) ? { clients: Number(answer[0]), users: Number(answer[1]) } : null;
  }

  tick(): void {
    this.#ownership.tick();
  }

  /**
   * One of several servers was away: what it has lost of its channels is entered again. A server that is alone is compared by its identity,
   * which costs less.
   */
  resumed(isMeant?: (channel: string) => boolean): void {
    this.#lists.clear();
    for (const channel of this.#rooms.keys()) if (isMeant?.(channel) ?? true) this.#reconciler.add(channel);
  }

  gone(node: string): void {
    this.#ownership.gone(node);
  }

  async close(): Promise<void> {
    await this.#calls.quiet();
    await this.#ownership.close();
  }

  #open(channel: string): Room {
    const room: Room = { clients: new Map(), waiting: 0 };
    this.#rooms.set(channel, room);
    void this.#note(channel);
    return room;
  }

  async #note(channel: string): Promise<void> {
    const { node } = this.#ports;
    const keys = [this.#calls.node("all"), this.#calls.node(`c:${node}`)];
    if ((await this.#calls.call(scripts.note, keys, [node, channel])) === null) this.#reconciler.add(channel);
  }

  async #enter(channel: string, client: string, told: ToldWhen): Promise<void> {
    const entry = this.#rooms.get(channel)?.clients.get(client);
    if (!entry) return;
    const { info, visibility } = entry;
    const user = JSON.stringify(info.user);
    const { keys, messages } = this.#calls.channel(channel, "uhwn");
    const args = [
      messages,
      client,
      this.#ports.node,
      user,
      encodeInfo(info),
      visibility.presence ? 1 : 0,
      visibility.joinLeave ? 1 : 0,
      visibility.leaveGrace > 0 && info.user !== "" ? 1 : 0,
      told,
    ];
    const answer = await this.#calls.call(scripts.enter, [...keys, this.#calls.waitingOf(channel, user)], args);
    if (answer === null) this.#reconciler.add(channel);
    else entry.isTold = true;
  }

  async #leave(
    channel: string,
    client: string,
    { grace, user }: { readonly grace: number; readonly user: string },
  ): Promise<void> {
    const { keys, messages } = this.#calls.channel(channel, "uhwn");
    const all = [...keys, this.#calls.waitingOf(channel, JSON.stringify(user))];
    const answer = await this.#calls.call(scripts.leave, all, [messages, client, grace, lingerMs]);
    if (answer === null) this.#reconciler.add(channel);
    else this.#closeEmpty(channel);
  }

  #wait(channel: string, room: Room, { info, grace }: { readonly info: ClientInfo; readonly grace: number }): void {
    this.waiting += 1;
    room.waiting += 1;
    this.#ports.after(grace, () => void this.#overdue(channel, room, info));
  }

  /** A leave has waited: publishes it, unless it was taken back. */
  async #overdue(channel: string, room: Room, info: ClientInfo): Promise<void> {
    const { keys, messages } = this.#calls.channel(channel, "w");
    const list = this.#calls.waitingOf(channel, JSON.stringify(info.user));
    const answer = await this.#calls.call(scripts.overdue, [...keys, list], [messages, info.client]);
    if (answer === null) {
      this.#ports.after(retryMs, () => void this.#overdue(channel, room, info));
      return;
    }
    this.waiting -= 1;
    room.waiting -= 1;
    this.#closeEmpty(channel);
  }

  #closeEmpty(channel: string): void {
    const room = this.#rooms.get(channel);
    if (!room || room.clients.size > 0 || room.waiting > 0) return;
    this.#rooms.delete(channel);
    void this.#calls.call(scripts.unnote, [this.#calls.node(`c:${this.#ports.node}`)], [channel]);
  }

  #keep(channel: string, version: string, list: ReadonlyMap<string, ClientInfo>): void {
    this.#lists.delete(channel);
    this.#lists.set(channel, { version, list });
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > listsMax && oldest !== undefined) this.#lists.delete(oldest);
  }
}
