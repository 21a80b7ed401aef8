import { milliseconds } from "../../../core/time.ts";
import type { Timer } from "../../../core/timers.ts";
import type { Redirection } from "../commands.ts";
import { RedisEngine } from "../engine.ts";
import { Keys } from "../keys.ts";
import type { RedisOptions } from "../options.ts";
import type { Membership, RedisEvents, RedisParts, RedisPorts } from "../ports.ts";
import type { Routes } from "../routed-engine.ts";
import { askSlots } from "./asking.ts";
import { slotOf, slotOfTag } from "./slots.ts";
import { addressOf, changesOf, noOwners, type Owners, textOf, unknownName } from "./topology.ts";

/** Milliseconds between two looks at what has to be found out. */
const interval = milliseconds(500);
/** So many looks later it is found out anew where slots are, though nothing says that any has moved. */
const looksBetween = 20;
/** So many times a call is sent on. */
const redirectionsMax = 20;
/** Milliseconds until a slot that is just being moved is asked for again. */
const tryAgainMs = milliseconds(25);

/** A server of the cluster that has slots. */
interface Member {
  readonly engine: RedisEngine;
  probeName: string | null;
}

/** Which server of a cluster has which slot; each of them is an engine, with connections and a probe of its own. */
export class ClusterRoutes implements Routes {
  readonly #options: RedisOptions;
  readonly #events: RedisEvents;
  readonly #ports: RedisPorts;
  readonly #keys: Keys;
  readonly #members = new Map<string, Member>();
  readonly #timer: Timer;
  /** Where calls go. */
  #owners: Owners = noOwners;
  /** Where slots were found at last: redirections since are not in it. */
  #found: Owners = noOwners;
  #refreshing: Promise<boolean> | null = null;
  /** A server has let go of names since the last refresh. */
  readonly #movedAt = new Set<string>();
  #looks = 0;
  #isClosed = false;

  constructor(options: RedisOptions, events: RedisEvents, ports: RedisPorts) {
    this.#options = options;
    this.#events = events;
    this.#ports = ports;
    this.#keys = new Keys(options.prefix);
    this.#timer = ports.timers.setInterval(() => this.#look(), interval);
    void this.refreshed();
  }

  get isComplete(): boolean {
    return this.#owners.every((owner) => owner !== null);
  }

  partOf(tag: string): number {
    return slotOfTag(tag);
  }

  engineOf(slot: number): RedisParts | null {
    return this.#members.get(this.#owners[slot] ?? "")?.engine ?? null;
  }

  engines(): Iterable<RedisParts> {
    return [...this.#members.values()].filter(({ probeName }) => probeName !== null).map(({ engine }) => engine);
  }

  refreshed(): Promise<boolean> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  close(): Promise<unknown> {
    this.#isClosed = true;
    this.#timer.cancel();
    return Promise.all([...this.#members.values()].map(({ engine }) => engine.close()));
  }

  #look(): void {
    this.#looks += 1;
    const isWell =
      this.isComplete && [...this.#members.values()].every(({ engine }) => engine.isReady && engine.state.isUp);
    if (!isWell || this.#movedAt.size > 0 || this.#looks % looksBetween === 0) void this.refreshed();
  }

  async #refresh(): Promise<boolean> {
    const moved = [...this.#movedAt];
    const ready = [...this.#members].filter(([, { engine }]) => engine.isReady);
    const owners = await askSlots(ready, this.#options, this.#ports.random);
    if (owners === null || this.#isClosed) return false;
    for (const name of moved) this.#movedAt.delete(name);
    const changed = changesOf(this.#found, owners);
    this.#found = owners;
    this.#apply(owners);
    // Where nothing has moved, those names have come back that a server had let go of.
    const isMeant =
      changed.size > 0 ? (slot: number) => changed.has(slot) : (slot: number) => moved.includes(owners[slot] ?? "");
    if (changed.size > 0 || moved.length > 0) {
      this.#events.resumed((channel) => isMeant(slotOfTag(this.#keys.tag(channel))));
    }
    return changed.size > 0;
  }

  #apply(owners: Owners): void {
    this.#owners = owners;
    const named = new Set(owners.filter((owner) => owner !== null));
    for (const [name, { engine }] of this.#members) {
      if (named.has(name)) continue;
      this.#members.delete(name);
      void engine.close();
    }
    for (const name of named) {
      const member = this.#members.get(name) ?? this.#open(name);
      if (member.probeName !== null && owners[slotOf(member.probeName)] === name) continue;
      member.probeName = this.#probeNameOf(name);
      member.engine.moveProbe();
    }
  }

  #open(name: string): Member {
    const membership: Membership = {
      get probeName() {
        return member.probeName;
      },
      redirect: (error, attempt) => this.#redirect(name, error, attempt),
      moved: () => {
        this.#movedAt.add(name);
        void this.refreshed();
      },
    };
    const isMine = (channel: string) => this.#owners[slotOfTag(this.#keys.tag(channel))] === name;
    const events: RedisEvents = { ...this.#events, resumed: () => this.#events.resumed(isMine) };
    const at = { kind: "server", path: "", ...addressOf(name) } as const;
    const engine = new RedisEngine({ ...this.#options, at }, events, this.#ports, membership);
    const member: Member = { engine, probeName: this.#probeNameOf(name) };
    this.#members.set(name, member);
    return member;
  }

  /** A name of which this server has the slot, and that no other node uses. */
  #probeNameOf(name: string): string | null {
    const { random } = this.#ports;
    if (!this.#owners.includes(name)) return null;
    for (;;) {
      const probe = `${this.#options.prefix}:{${random.uuid()}}:probe`;
      if (this.#owners[slotOf(probe)] === name) return probe;
    }
  }

  /** All of these errors come before anything is executed. */
  #redirect(from: string, error: string, attempt: number): Promise<Redirection | null> | null {
    const [, kind, slot = "", named = ""] = /\b(MOVED|ASK|TRYAGAIN|CLUSTERDOWN)\b ?(\d*) ?(\S*)/.exec(error) ?? [];
    if (kind === undefined || attempt >= redirectionsMax) return null;
    if (kind === "CLUSTERDOWN") {
      void this.refreshed();
      return null;
    }
    if (kind === "TRYAGAIN") return this.#again(from);
    const { host, port } = addressOf(named);
    if (host === unknownName) return kind === "MOVED" ? this.#whereMoved(Number(slot)) : null;
    const to = textOf({ host: host || addressOf(from).host, port });
    if (kind === "MOVED") {
      this.#owners = this.#owners.with(Number(slot), to);
      this.#movedAt.add(from);
      void this.refreshed();
    }
    return this.#at(to, kind === "ASK");
  }

  /** Where a slot is that has moved to a server without a name. */
  async #whereMoved(slot: number): Promise<Redirection | null> {
    await this.refreshed();
    const owner = this.#owners[slot] ?? null;
    return owner === null ? null : this.#at(owner, false);
  }

  async #again(name: string): Promise<Redirection | null> {
    await new Promise<void>((resolve) => void this.#ports.timers.setTimeout(resolve, tryAgainMs));
    const member = this.#members.get(name);
    return member ? { to: member.engine.commands, isAsking: false } : null;
  }

  /** The server with this address, when it takes commands; null where it does not in time. */
  async #at(name: string, isAsking: boolean): Promise<Redirection | null> {
    const { engine } = this.#members.get(name) ?? this.#open(name);
    const { timers } = this.#ports;
    const late = new Promise<false>((resolve) => {
      timers.setTimeout(() => resolve(false), milliseconds(this.#options.connectTimeout));
    });
    const isReady = await Promise.race([engine.ready().then(() => true), late]);
    return isReady ? { to: engine.commands, isAsking } : null;
  }
}
