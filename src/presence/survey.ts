import { array, type InferOutput, number, object, parse, string } from "valibot";
import { decodeInfo, encodeInfo } from "../broker/remote/client-info.ts";
import { presenceBytes } from "../core/presence-bytes.ts";
import type { ClientInfo } from "../core/publication.ts";
import type { PresencePush, PresenceStats } from "../core/reply.ts";
import { createMemoryPresence } from "./memory.ts";
import { createPresenceEvents, type PresenceEvents, type Visibility } from "./presence-events.ts";
import type { SharedPresence } from "./shared.ts";

/** What presence by questions works with. */
export interface SurveyPresencePorts {
  /** Asks every other node; those that do not answer in time are left out. */
  ask(kind: string, body: string): Promise<{ readonly answers: readonly { readonly body: string }[] }>;
  /** Answers what other nodes ask. */
  onAsked(kind: string, answer: (body: string) => string): void;
  /** Tells the subscribers on all nodes, at most once. */
  announce(push: PresencePush): void;
  /** Runs something later; the answer takes it back. */
  after(delay: number, run: () => void): () => void;
}

const listKind = "presence";
const statsKind = "presence_users";
/** Bytes of one node's part of an answer: the servers take messages of a megabyte. */
const partBytesMax = 900_000;
/** Digests of users in one node's part of an answer. */
const usersMax = 50_000;

/**
 * Presence that no store keeps: each node knows its own connections, and a question is put to all nodes that are there.
 * One that does not answer in time is left out. A killed node publishes no leaves.
 */
export class SurveyPresence implements SharedPresence {
  readonly #ports: SurveyPresencePorts;
  readonly #own = createMemoryPresence();
  readonly #events: PresenceEvents;

  constructor(ports: SurveyPresencePorts) {
    this.#ports = ports;
    this.#events = createPresenceEvents({ presence: this.#own, announce: ports.announce, after: ports.after });
    ports.onAsked(listKind, (channel) => {
      const list = this.#own.list(channel);
      return presenceBytes(list) > partBytesMax ? "over" : [...list.values()].map(encodeInfo).join("\n");
    });
    ports.onAsked(statsKind, (channel) => JSON.stringify(this.#statsOf(channel)));
  }

  get waiting(): number {
    return this.#events.waiting;
  }

  enter(channel: string, info: ClientInfo, visibility: Visibility): void {
    this.#events.enter(channel, info, visibility);
  }

  renew(channel: string, info: ClientInfo, visibility: Visibility): void {
    this.#events.renew(channel, info, visibility);
  }

  leave(channel: string, info: ClientInfo, visibility: Visibility): void {
    this.#events.leave(channel, info, visibility);
  }

  async list(channel: string, bytesMax?: number): Promise<ReadonlyMap<string, ClientInfo> | "over" | null> {
    const own = this.#own.list(channel);
    const parts = await this.#askAll(listKind, channel);
    if (parts.includes("over")) return "over";
    const infos = [...own.values(), ...parts.flatMap(listOf)];
    const list = parts.length === 0 ? own : new Map(infos.map((info) => [info.client, info]));
    return bytesMax !== undefined && presenceBytes(list) > bytesMax ? "over" : list;
  }

  async stats(channel: string): Promise<PresenceStats | null> {
    const parts = (await this.#askAll(statsKind, channel)).flatMap(statsOf);
    const all = [this.#statsOf(channel), ...parts];
    const users = new Set(all.flatMap((part) => part.users));
    const sum = (of: (part: UserPart) => number) => all.reduce((total, part) => total + of(part), 0);
    return { clients: sum(({ clients }) => clients), users: users.size + sum(({ more }) => more) };
  }

  tick(): void {}

  /** Its entries were never here. */
  gone(_node: string): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Users as digests, so that they take little; more than fit are counted as users of this node alone. */
  #statsOf(channel: string): UserPart {
    const list = this.#own.list(channel);
    const digests = [...new Set([...list.values()].map(({ user }) => Bun.hash(user).toString(36)))];
    return { clients: list.size, users: digests.slice(0, usersMax), more: Math.max(0, digests.length - usersMax) };
  }

  async #askAll(kind: string, channel: string): Promise<readonly string[]> {
    const { answers } = await this.#ports.ask(kind, channel);
    return answers.map(({ body }) => body);
  }
}

/** What a node says of the users of a channel. */
const userPart = object({ clients: number(), users: array(string()), more: number() });
type UserPart = InferOutput<typeof userPart>;

/** The entries of one node; what is damaged is left out. */
function listOf(part: string): ClientInfo[] {
  return part === "" ? [] : part.split("\n").flatMap((line) => read(line, decodeInfo));
}

function statsOf(part: string): UserPart[] {
  return read(part, (text) => parse(userPart, JSON.parse(text)));
}

function read<Value>(text: string, decode: (text: string) => Value): Value[] {
  try {
    return [decode(text)];
  } catch {
    return [];
  }
}
