import type { HubRef } from "../../actors/hub/events.ts";
import type { Member, Registry } from "../../actors/hub/registry.ts";
import type { Clock } from "../core/clock.ts";
import { type Payload, payloadSize } from "../core/payload.ts";
import type { MessageStore } from "./store.ts";

/** What the offlineMessages works with. */
export interface MailboxPorts {
  readonly store: Pick<MessageStore, "queue" | "log">;
  readonly clock: Clock;
  readonly registry: Pick<Registry, "member">;
  readonly hub: HubRef;
  /** Runs something after as many milliseconds. */
  after(delay: number, run: () => void): void;
}

/** Bytes handed over at once: a client is slow, and closed, from a megabyte on that it has not taken. */
const sliceBytes = 262_144;
const noOne: ReadonlySet<string> = new Set();
/** How often it is looked whether the client has taken a slice, in milliseconds. */
const lookInterval = 50;

/**
 * Hands over what waits for users. A hundred messages of 64 KiB are more than a client may leave unsent: so they go in
 * slices, the next when the one before was taken; what a client does not stay for waits for the next one.
 */
export function createOfflineMessages({ store: { queue, log }, clock, registry, hub, after }: MailboxPorts) {
  const take = (user: string, client: string): Payload[] => {
    const messages = queue.take(user, sliceBytes);
    for (const message of messages) tell(user, client, message);
    if (queue.has(user)) after(lookInterval, () => follow(user, client));
    return messages;
  };

  const follow = (user: string, client: string): void => {
    const member = registry.member(client);
    if (!member || !hearsMessages(member)) return;
    if (member.socket.unsent() > 0) {
      after(lookInterval, () => follow(user, client));
      return;
    }
    const target = { user, client, except: noOne };
    for (const data of take(user, client))
      hub.send({ type: "user.tell", target, event: { type: "hub.message", data } });
  };

  const tell = (user: string, client: string, message: Payload): void =>
    log.record({
      time: Math.floor(clock.wall()),
      key: "",
      method: "send",
      user,
      client,
      bytes: payloadSize(message),
      connections: 1,
      queued: false,
      outcome: "delivered_later",
    });

  return {
    /** What a connection gets that was just let in; the rest follows by itself. */
    take,
  };
}

/** Whether a connection takes messages that belong to no channel: it was let in, is not ending, and is no echo. */
export function hearsMessages({ state, socket }: Member): boolean {
  return socket.protocol !== "echo" && state === "authenticated";
}
