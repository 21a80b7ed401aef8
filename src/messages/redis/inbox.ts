import type { ScriptCaller } from "../../broker/redis/commands.ts";
import type { Keys } from "../../broker/redis/keys.ts";
import type { Script } from "../../broker/redis/script.ts";
import type { Clock } from "../../core/clock.ts";
import { payloadSize } from "../../core/payload.ts";
import { payloadOfText, textOfPayload } from "../../core/payload-text.ts";
import type {
  AppendOutcome,
  Device,
  EndedMessage,
  Guarantee,
  Inbox,
  NewMessage,
  OwedMessage,
  Recalled,
  RememberOutcome,
  Take,
  Until,
} from "../inbox.ts";
import {
  bytesMax,
  type InboxOptions,
  messagesMaxDefault,
  positionsPerMs,
  resultMs,
  resultsMaxDefault,
  sweepMax,
} from "../inbox-options.ts";
import * as scripts from "./scripts.ts";

/** What the inbox on Redis works with. */
export interface RedisInboxPorts {
  readonly redis: ScriptCaller;
  readonly keys: Keys;
  readonly clock: Pick<Clock, "wall">;
  /** Whether Redis answers: nothing is swept while it does not. */
  isUp(): boolean;
  /** Tells all nodes, this one too, that a message was appended for a user. */
  tell(user: string): void;
  /** `told` is called with the messages of nodes. */
  listen(told: (user: string) => void): void;
}

/** Milliseconds for which the keys of a user outlive the last message that may be in them. */
const spareMs = 86_400_000;

/**
 * The inbox on Redis, which several nodes share: what it has kept survives them, and Redis as far as Redis keeps its data.
 * What the nodes' clocks differ by shifts when a message expires.
 */
export class RedisInbox implements Inbox {
  readonly #ports: RedisInboxPorts;
  readonly #options: InboxOptions;

  constructor(ports: RedisInboxPorts, options: InboxOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  listen(appended: (user: string) => void): void {
    this.#ports.listen(appended);
  }

  async append({ user, id, payload, guarantee, expiresAt, remember }: NewMessage): Promise<AppendOutcome> {
    const { size, ttl, messagesMax = messagesMaxDefault } = this.#options;
    const now = this.#now;
    const expires = Math.floor(Math.min(expiresAt, now + ttl));
    const bytes = payloadSize(payload);
    if (bytes > bytesMax) return "too_large";
    if (!(expires > now)) return "expired";
    const { until: u = "", per: p = "" } = guarantee ?? {};
    const head = JSON.stringify({ i: id, u, p, x: expires, k: payload.kind, b: bytes, c: 0, s: {} });
    const args = [
      now,
      userText(user),
      head,
      textOfPayload(payload),
      expires,
      size,
      messagesMax,
      this.#leastPosition,
      ttl + spareMs,
      remember?.key ?? "",
      remember?.answer ?? "",
      now + resultMs,
      this.#resultsMax,
    ];
    const answer = await this.#call(scripts.append, this.#keysOf(user, "mbd", "x", "last", "rx", "rv"), args);
    if (answer !== "kept" && answer !== "limit" && answer !== "answered") return "failed";
    if (answer === "kept") this.#ports.tell(user);
    return answer;
  }

  async take({ user, device, after, bytesMax: most }: Take): Promise<readonly OwedMessage[] | null> {
    const { ttl } = this.#options;
    const times = [this.#leastPosition, this.#unusedSince, ttl + spareMs];
    const args = [this.#now, userText(user), device, after, most, ...times];
    return messagesOf(await this.#call(scripts.take, this.#keysOf(user, "mbd", "x", "last"), args));
  }

  async owed({ user, device }: Device, ids: readonly string[]): Promise<readonly OwedMessage[] | null> {
    return messagesOf(await this.#call(scripts.owed, this.#keysOf(user, "mb"), [this.#now, device, ...ids]));
  }

  async settle({ user, device }: Device, ids: readonly string[], how: Until): Promise<readonly EndedMessage[] | null> {
    if (ids.length === 0) return [];
    const args = [userText(user), device, how, this.#leastPosition, this.#unusedSince, ...ids];
    const settled = await this.#call(scripts.settle, this.#keysOf(user, "mbd", "x", "last"), args);
    if (!Array.isArray(settled)) return null;
    return settled.map(([id, bytes]: unknown[]) => ({ user, id: String(id), bytes: Number(bytes) }));
  }

  async sweep(): Promise<readonly EndedMessage[]> {
    if (!this.#ports.isUp()) return [];
    const shared = ["x", "rx", "rv"].map((name) => this.#ports.keys.inbox(name));
    const due = await this.#call(scripts.due, shared, [this.#now, sweepMax]);
    if (!Array.isArray(due)) return [];
    const ended = await Promise.all(due.map((member) => this.#expire(String(member))));
    return ended.flat();
  }

  async remember(key: string, answer: string): Promise<RememberOutcome> {
    const now = this.#now;
    const args = [now, key, answer, now + resultMs, this.#resultsMax];
    const isKept = await this.#call(scripts.rememberResult, this.#resultKeys, args);
    return isKept === null ? "failed" : (rememberOutcomes[Number(isKept)] ?? "failed");
  }

  async recall(key: string): Promise<Recalled> {
    const found = await this.#call(scripts.recallResult, this.#resultKeys, [this.#now, key]);
    if (!Array.isArray(found)) return { state: "failed" };
    return found.length === 0 ? { state: "new" } : { state: "answered", answer: String(found[0]) };
  }

  get #now(): number {
    return this.#ports.clock.wall();
  }

  get #leastPosition(): number {
    return Math.floor(this.#now * positionsPerMs);
  }

  /** A device that was last used before is forgotten. */
  get #unusedSince(): number {
    return Math.floor((this.#now - this.#options.ttl) * positionsPerMs);
  }

  get #resultsMax(): number {
    return this.#options.resultsMax ?? resultsMaxDefault;
  }

  get #resultKeys(): readonly string[] {
    return [this.#ports.keys.inbox("rx"), this.#ports.keys.inbox("rv")];
  }

  /** A member of the index: position, blank, user. */
  async #expire(member: string): Promise<readonly EndedMessage[]> {
    const blank = member.indexOf(" ");
    const [position, text] = [member.slice(0, blank), member.slice(blank + 1)];
    const user = String(JSON.parse(text));
    const ended = await this.#call(scripts.expire, this.#keysOf(user, "mb", "x"), [position, text]);
    if (!Array.isArray(ended) || ended.length === 0) return [];
    return [{ user, id: String(ended[0]), bytes: Number(ended[1]) }];
  }

  /** Keys of a user by their letters, and some of all users. */
  #keysOf(user: string, letters: string, ...shared: readonly string[]): readonly string[] {
    const { keys } = this.#ports;
    return [
      ...[...letters].map((letter) => keys.inbox(`${letter}:${userText(user)}`)),
      ...shared.map((name) => keys.inbox(name)),
    ];
  }

  #call(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return new Promise((resolve) => this.#ports.redis.call(script, keys, args, resolve));
  }
}

/** By what the script says. */
const rememberOutcomes: readonly RememberOutcome[] = ["limit", "kept", "answered"];

/** A user as text that differs by every character. */
function userText(user: string): string {
  return JSON.stringify(user);
}

function messagesOf(rows: unknown): readonly OwedMessage[] | null {
  if (!Array.isArray(rows)) return null;
  return rows.flatMap((row: readonly unknown[]) => {
    const [position, id, until, per, kind, text] = row.map(String);
    if (id === undefined || (kind !== "json" && kind !== "text" && kind !== "binary")) return [];
    const payload = payloadOfText(kind, text ?? "");
    const guarantee = until === "" ? null : ({ until, per } as Guarantee);
    return [{ position: Number(position), id, payload, guarantee }];
  });
}
