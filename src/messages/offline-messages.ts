import type { HubRef } from "../../actors/hub/events.ts";
import type { Registry } from "../../actors/hub/registry.ts";
import type { Clock } from "../core/clock.ts";
import { then } from "../core/maybe-promise.ts";
import { type Payload, payloadSize } from "../core/payload.ts";
import { SealedPayload } from "../core/sealed.ts";
import type { OfflineQueue } from "./offline-queue.ts";
import type { PublishLog } from "./publish-log.ts";

/** What the delivery of offline messages works with. */
export interface OfflineMessagesPorts {
  readonly queue: Pick<OfflineQueue, "take" | "has">;
  /** Null where messages are not recorded. */
  readonly log: Pick<PublishLog, "record"> | null;
  readonly clock: Clock;
  readonly registry: Pick<Registry, "member">;
  readonly hub: HubRef;
  /** Runs something after as many milliseconds. */
  after(delay: number, run: () => void): void;
}

/** Gives a connection that was admitted what waits for its user. */
export interface OfflineMessages {
  /** Takes the messages of the user and tells them to the connection, at once or later, in their order. */
  deliver(user: string, client: string): void;
}

/** Bytes delivered at once: a client is slow, and closed, from a megabyte on that it has not taken. */
const sliceBytes = 262_144;
/** How often it is looked whether the client has taken a slice, in milliseconds. */
const lookInterval = 50;
const noOne: ReadonlySet<string> = new Set();

/**
 * Delivers what waits for users. A hundred messages of 64 KiB are more than a client may leave unsent: so they go in
 * slices, the next when the one before was taken. What a client does not stay for waits for the next one.
 */
export function createOfflineMessages(ports: OfflineMessagesPorts): OfflineMessages {
  const { queue, log, clock, registry, hub, after } = ports;

  const deliver = (user: string, client: string): void => {
    void then(queue.take(user, sliceBytes), (messages) => {
      const target = { user, client, except: noOne };
      for (const data of messages) {
        record(user, client, data);
        hub.send({ type: "user.tell", target, event: { type: "hub.message", data: new SealedPayload(data) } });
      }
      if (messages.length > 0) followWhereMoreWaits(user, client);
    });
  };

  const followWhereMoreWaits = (user: string, client: string): void => {
    void then(queue.has(user), (more) => {
      if (more) after(lookInterval, () => follow(user, client));
    });
  };

  const follow = (user: string, client: string): void => {
    const member = registry.member(client);
    if (!member?.hearsMessages) return;
    if (member.socket.unsent() > 0) after(lookInterval, () => follow(user, client));
    else deliver(user, client);
  };

  const record = (user: string, client: string, message: Payload): void =>
    log?.record({
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

  return { deliver };
}
