import type { Member } from "../../actors/hub/events.ts";
import { type ClientError, errors } from "../core/errors.ts";
import type { Payload } from "../core/payload.ts";
import type { Node } from "../node.ts";
import type { PushQueue } from "../push/queue.ts";
import type { Answer, Who } from "./operations.ts";

/** What a message to a user says beside the user and its data. */
export interface Send {
  /** For how many milliseconds it may wait for a user who has no connection; 0 is not at all. */
  readonly queueTtl?: number;
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
  readonly hub: Node["hub"];
  /** Keeps what is sent to users who are away; null where nothing is kept. */
  readonly queue: PushQueue | null;
}

const refused = (error: ClientError) => ({ ok: false, error }) as const;

/** Messages to users, wherever they are connected, or later. */
export function sending({ hub, queue }: SendParts) {
  /** The connections that are meant: those of the user, or the one that is named. */
  const membersOf = ({ user, client }: Who): Member[] => {
    const { members, users } = hub.getSnapshot().context;
    if (!client) return [...(users.get(user) ?? [])];
    const member = members.get(client);
    return member && member.user !== null ? [member] : [];
  };

  const deliver = (who: Who, data: Payload, options: Send): Answer<Sent> => {
    const meant = membersOf(who);
    for (const { ref } of meant) ref.send({ type: "hub.message", data });
    const { queueTtl = 0, now } = options;
    const isAway = meant.length === 0 && who.user !== "";
    if (!queue || !isAway || queueTtl <= 0) return { ok: true, result: { connections: meant.length, queued: false } };
    const result: Sent = { connections: 0, queued: true };
    const key = options.idempotencyKey;
    // The answer to the key is kept together with the message, or neither is.
    const remember = key ? { remember: { key, answer: JSON.stringify(result) } } : {};
    const outcome = queue.put(who.user, data, { expiresAt: now + queueTtl, ...remember });
    if (outcome === "failed") return refused(errors.internal);
    return outcome === "kept" ? { ok: true, result } : refused(errors.limitExceeded);
  };

  return {
    /** A repeated key within five minutes has no second effect and gets the first answer. */
    send: (who: Who, data: Payload, options: Send): Answer<Sent> => {
      if (who.user === "" && !who.client) return refused(errors.badRequest);
      const key = options.idempotencyKey;
      if (!key || !queue) return deliver(who, data, options);
      const known = queue.recall(key);
      if (known.state === "failed") return refused(errors.internal);
      if (known.state === "answered") return { ok: true, result: JSON.parse(known.answer) };
      const answer = deliver(who, data, options);
      if (answer.ok && !answer.result.queued) queue.remember(key, JSON.stringify(answer.result));
      return answer;
    },
  };
}
