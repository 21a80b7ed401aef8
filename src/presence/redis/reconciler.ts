import type { ClientInfo } from "../../core/publication.ts";
import type { Visibility } from "../presence-events.ts";
import { inWindows, type PresenceCalls } from "./calls.ts";
import * as scripts from "./scripts.ts";

/** A client of this node in a channel. */
interface Entry {
  info: ClientInfo;
  visibility: Visibility;
  /** Its enter was answered, and its join published. */
  isTold: boolean;
}

/** The clients of this node in a channel, by connection id. */
export interface Room {
  readonly clients: Map<string, Entry>;
  /** Leaves of them that wait. */
  waiting: number;
}

/** When the join of a client that is entered again is published. */
export type ToldWhen = "always" | "new" | "never";

/** What reconciling works with. */
export interface ReconcilerPorts {
  readonly calls: PresenceCalls;
  readonly node: string;
  readonly rooms: ReadonlyMap<string, Room>;
  enter(channel: string, client: string, told: ToldWhen): Promise<void>;
  leave(channel: string, client: string): Promise<void>;
}

/**
 * Brings what is kept of this node's clients to what they are: after calls that were not answered, after the server has
 * lost data, and after this node was taken for gone.
 */
export class Reconciler {
  readonly #ports: ReconcilerPorts;
  /** By channel: why it is compared. `lost`: published joins are not published again. */
  #wanted = new Map<string, "unsure" | "lost">();
  /** What is kept of this node may be in channels that it does not know. */
  #readsChannels = false;
  #isRunning = false;

  constructor(ports: ReconcilerPorts) {
    this.#ports = ports;
  }

  /** A call for the channel was not answered. */
  add(channel: string): void {
    if (!this.#wanted.has(channel)) this.#wanted.set(channel, "unsure");
  }

  /** All channels have to be looked through. */
  all(why: "unsure" | "lost"): void {
    for (const channel of this.#ports.rooms.keys()) this.#wanted.set(channel, why);
    this.#readsChannels = true;
  }

  /** Looks through what is wanted; what is not answered is wanted again. */
  async run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    if (this.#readsChannels) await this.#addStored();
    const wanted = this.#wanted;
    this.#wanted = new Map();
    await inWindows(wanted, async ([channel, why]) => {
      if (!(await this.#reconcile(channel, why))) this.#wanted.set(channel, why);
      return true;
    });
    this.#isRunning = false;
  }

  get #channels(): string {
    return this.#ports.calls.node(`c:${this.#ports.node}`);
  }

  async #addStored(): Promise<void> {
    const stored = await this.#ports.calls.call(scripts.channelsOf, [this.#channels], []);
    if (!Array.isArray(stored)) return;
    this.#readsChannels = false;
    for (const channel of stored) this.add(String(channel));
  }

  /** False where a call was not answered. */
  async #reconcile(channel: string, why: "unsure" | "lost"): Promise<boolean> {
    const { calls, node, rooms } = this.#ports;
    const noted = await calls.call(scripts.note, [calls.node("all"), this.#channels], [node, channel]);
    if (noted === null || !(await this.#removeStale(channel))) return false;
    const room = rooms.get(channel);
    if (!room) return (await calls.call(scripts.unnote, [this.#channels], [channel])) !== null;
    const told = (entry: Entry) => (why === "lost" && entry.isTold ? "never" : "new");
    await Promise.all([...room.clients].map(([client, entry]) => this.#ports.enter(channel, client, told(entry))));
    return true;
  }

  async #removeStale(channel: string): Promise<boolean> {
    const { calls, node, rooms, leave } = this.#ports;
    const { keys, messages } = calls.channel(channel, "uhwn");
    for (const hash of ["u", "h"]) {
      let cursor = "0";
      do {
        const part = await calls.call(scripts.scan, keys, [messages, node, hash, cursor, 0]);
        if (!Array.isArray(part) || !Array.isArray(part[1])) return false;
        cursor = String(part[0]);
        const stale = part[1].map(String).filter((client) => !rooms.get(channel)?.clients.has(client));
        await Promise.all(stale.map((client) => leave(channel, client)));
      } while (cursor !== "0");
    }
    return true;
  }
}
