import type { HubRef } from "../../actors/hub/events.ts";
import type { Member, Registry } from "../../actors/hub/registry.ts";
import type { Answer, Who } from "../api/answer.ts";
import { badField, tell } from "../api/encoding.ts";
import { type ClientError, errors } from "../core/errors.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import type { Payload } from "../core/payload.ts";
import { hearsMessages } from "../messages/offline-messages.ts";
import type { OfflineQueue, PutOutcome } from "../messages/offline-queue.ts";

/** What a message to a user says beside the user and its data. */
export interface Send {
  /** For how many milliseconds it may wait for a user who has no connection; 0 is not at all. */
  readonly queueTtl?: number;
  /** Within five minutes a second message with this key to the same user or connection has no effect. */
  readonly idempotencyKey?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What became of a message: how many connections have it, and whether it waits. */
export interface Sent {
  readonly connections: number;
  readonly queued: boolean;
}

/** What sending works with. */
export interface SendParts {
  readonly hub: HubRef;
  readonly registry: Registry;
  /** Keeps what is sent to users who are away, and what was answered to keys. */
  readonly queue: Pick<OfflineQueue, "put" | "recall" | "remember">;
}

const refused = (error: ClientError) => ({ ok: false, error }) as const;

const noOne: ReadonlySet<string> = new Set();

/** Messages to users, wherever they are connected, or later. */
export function sending({ hub, registry, queue }: SendParts) {
  /** The connections that are meant: those of the user, or the one that is named. */
  const membersOf = ({ user, client }: Who): Member[] => {
    if (!client) return registry.ofUser(user).filter(hearsMessages);
    const member = registry.member(client);
    const isMeant = member && member.user !== null && (user === "" || member.user === user);
    return isMeant && hearsMessages(member) ? [member] : [];
  };

  const isAway = (user: string): boolean => user !== "" && membersOf({ user }).length === 0;

  /** Nothing is delivered whose key could not be kept: the sender is refused, and may try again. */
  const deliver = (members: readonly Member[], data: Payload, key: string | null): MaybePromise<Answer<Sent>> => {
    const result: Sent = { connections: members.length, queued: false };
    return then(key === null || queue.remember(key, JSON.stringify(result)), (isKept): Answer<Sent> => {
      if (!isKept) return refused(errors.internal);
      for (const { id, user } of members) {
        const target = { user: user ?? "", client: id, except: noOne };
        hub.send({ type: "user.tell", target, event: { type: "hub.message", data } });
      }
      return { ok: true, result };
    });
  };

  const keep = (user: string, data: Payload, { expiresAt, key }: { expiresAt: number; key: string | null }) => {
    const result: Sent = { connections: 0, queued: true };
    const remember = key === null ? {} : { remember: { key, answer: JSON.stringify(result) } };
    return then(queue.put(user, data, { expiresAt, ...remember }), (outcome): Answer<Sent> => {
      const refusal = refusalOf(outcome);
      return refusal ? refused(refusal) : { ok: true, result };
    });
  };

  const sendOnce = (who: Who, data: Payload, options: { expiresAt: number | null; key: string | null }) => {
    const members = membersOf(who);
    const { expiresAt, key } = options;
    const isKept = expiresAt !== null && members.length === 0 && isAway(who.user);
    return isKept ? keep(who.user, data, { expiresAt, key }) : deliver(members, data, key);
  };

  return {
    /** A repeated key within five minutes has no second effect and gets the first answer. */
    send: (who: Who, data: Payload, { queueTtl = 0, idempotencyKey, now }: Send): MaybePromise<Answer<Sent>> => {
      if (who.user === "" && !who.client) return refused(badField("user: expected a user, or a client"));
      if (queueTtl > 0 && who.user === "") return refused(badField("queue_ttl_s: expected a user to keep it for"));
      const expiresAt = queueTtl > 0 ? now + queueTtl : null;
      if (!idempotencyKey) return sendOnce(who, data, { expiresAt, key: null });
      const key = nameOf(who, idempotencyKey);
      return then(queue.recall(key), (known): MaybePromise<Answer<Sent>> => {
        if (known.state === "failed") return refused(errors.internal);
        if (known.state === "answered") return { ok: true, result: JSON.parse(known.answer) };
        return sendOnce(who, data, { expiresAt, key });
      });
    },
  };
}

function refusalOf(outcome: PutOutcome): ClientError | null {
  switch (outcome) {
    case "kept":
      return null;
    case "limit":
      return tell(errors.limitExceeded, "too many messages wait");
    case "too_large":
      return badField("data: expected at most 65536 bytes where it may have to wait");
    case "expired":
      return badField("queue_ttl_s: expected time to wait");
    case "failed":
      return errors.internal;
  }
}

/** What a key is kept as: a digest of it and of whom it was for, so that its length is nobody's burden. */
function nameOf({ user, client = "" }: Who, key: string): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify([user, client, key])).digest("base64url");
}
