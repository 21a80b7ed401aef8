import type { HubRef } from "../../actors/hub/events.ts";
import type { Registry } from "../../actors/hub/registry.ts";
import type { Surveys } from "../cluster/surveys.ts";
import type { Clock } from "../core/clock.ts";
import { badField, type ClientError, errors, withReason } from "../core/errors.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import type { Payload } from "../core/payload.ts";
import type { Random } from "../core/random.ts";
import { type Result, refuse } from "../core/result.ts";
import type { AppendOutcome, Guarantee, Inbox } from "../messages/inbox.ts";
import type { Source } from "./publish.ts";
import { createReach, type Reached } from "./reach.ts";
import type { Recorder } from "./recorder.ts";
import type { Send, Sent } from "./send.ts";
import type { Who } from "./server-commands.ts";

/** What sending works with. */
export interface MessagesPorts {
  readonly hub: HubRef;
  readonly registry: Registry;
  /** Keeps messages, and results by their idempotency keys. */
  readonly inbox: Pick<Inbox, "append" | "recall" | "remember">;
  /** False where several nodes share no inbox: what waited at this one would not reach a user who comes to another. */
  readonly canKeep: boolean;
  readonly random: Pick<Random, "uuid">;
  readonly clock: Pick<Clock, "wall">;
  readonly recorder: Recorder;
  /** The other nodes; null where this one is alone. */
  readonly others: Surveys | null;
}

type Addressee = Pick<Who, "user" | "client">;

/** How a message is sent, in milliseconds since 1970 and with its default values. */
interface Way {
  /** When it expires; null: it is not kept. */
  readonly expiresAt: number | null;
  readonly guarantee: Guarantee | null;
  /** What its idempotency key is kept as; null without one. */
  readonly key: string | null;
}

/** How a message is kept. */
interface Kept extends Way {
  readonly expiresAt: number;
  /** Of the user, on all nodes. */
  readonly connections: number;
}

/** Messages to users: to the connections that they have, or to the next one. */
export function createMessages(ports: MessagesPorts): Pick<Messages, "send"> {
  const messages = new Messages(ports);
  return { send: (to, data, options, source) => messages.send(to, data, options, source) };
}

class Messages {
  readonly #ports: MessagesPorts;
  readonly #reach: ReturnType<typeof createReach>;

  constructor(ports: MessagesPorts) {
    this.#ports = ports;
    this.#reach = createReach(ports);
  }

  /** A repeated key within five minutes has no second effect and gets the first result. */
  send(to: Addressee, data: Payload, options: Send, source: Source): MaybePromise<Result<Sent>> {
    const { idempotencyKey = "" } = options;
    return then(this.#send(to, data, options), (known) => {
      const sent = { source: source ?? "", user: to.user, client: to.client ?? "", data, idempotencyKey };
      this.#ports.recorder.sent(sent, known);
      return known;
    });
  }

  #send(to: Addressee, data: Payload, options: Send): MaybePromise<Result<Sent>> {
    const { inbox, clock, canKeep } = this.#ports;
    const error = requestError(to, options);
    if (error) return refuse(error);
    const way = wayOf(options, clock.wall());
    if (!canKeep && way.expiresAt !== null) return refuse(keptNowhere);
    const { idempotencyKey = "" } = options;
    if (idempotencyKey === "") return this.#sendOnce(to, data, way);
    const key = storedKey(to, idempotencyKey);
    return then(inbox.recall(key), (known): MaybePromise<Result<Sent>> => {
      if (known.state === "failed") return refuse(errors.internal);
      if (known.state === "answered") return { ok: true, value: JSON.parse(known.answer) };
      return this.#sendOnce(to, data, { ...way, key });
    });
  }

  #sendOnce(to: Addressee, data: Payload, way: Way): MaybePromise<Result<Sent>> {
    const { expiresAt, guarantee, key } = way;
    return then(this.#reach.count(to), (reached): MaybePromise<Result<Sent>> => {
      const { meant, ofUser } = reached;
      const isKept = expiresAt !== null && (guarantee !== null || (meant === 0 && ofUser === 0));
      if (!isKept) return this.#deliver(to, data, { reached, key });
      return this.#keep(to.user, data, { ...way, expiresAt, connections: ofUser });
    });
  }

  /** Nothing is delivered whose key could not be kept: the sender is refused, and may try again. */
  #deliver(
    to: Addressee,
    data: Payload,
    { reached, key }: { readonly reached: Reached; readonly key: string | null },
  ): MaybePromise<Result<Sent>> {
    const value: Sent = { connections: reached.meant, queued: false };
    return then(
      key === null ? "kept" : this.#ports.inbox.remember(key, JSON.stringify(value)),
      (outcome): MaybePromise<Result<Sent>> => {
        if (outcome === "answered" && key !== null) return this.#answered(key);
        if (outcome === "limit") return refuse(errors.limitExceeded);
        if (outcome === "failed") return refuse(errors.internal);
        this.#reach.deliver(to, data, reached);
        return { ok: true, value };
      },
    );
  }

  #keep(user: string, data: Payload, { expiresAt, guarantee, key, connections }: Kept): MaybePromise<Result<Sent>> {
    const { inbox, random } = this.#ports;
    const id = random.uuid();
    const value: Sent = { ...(guarantee && { id }), connections, queued: connections === 0 };
    const remember = key === null ? {} : { remember: { key, answer: JSON.stringify(value) } };
    const message = { user, id, payload: data, guarantee, expiresAt, ...remember };
    return then(inbox.append(message), (outcome): MaybePromise<Result<Sent>> => {
      if (outcome === "answered" && key !== null) return this.#answered(key);
      const error = errorOf(outcome);
      return error ? refuse(error) : { ok: true, value };
    });
  }

  /** The result of a send with the same key that came first, while this one was asking. */
  #answered(key: string): MaybePromise<Result<Sent>> {
    return then(this.#ports.inbox.recall(key), (known) =>
      known.state === "answered" ? { ok: true, value: JSON.parse(known.answer) } : refuse(errors.internal),
    );
  }
}

/** How a message without an idempotency key is sent at a time, in milliseconds since 1970. */
function wayOf({ queueTtl, until, per = "user" }: Send, now: number): Way {
  const ttl = queueTtl ?? (until === undefined ? 0 : Number.POSITIVE_INFINITY);
  const guarantee = until === undefined ? null : { until, per };
  return { expiresAt: ttl > 0 ? now + ttl : null, guarantee, key: null };
}

const keptNowhere = withReason(
  errors.notAvailable,
  'with broker.type "nats" no message waits for a user: send it without until, ttl and queue_ttl_s',
);

function requestError(
  { user, client = "" }: Addressee,
  { queueTtl, until, per, idempotencyKey = "" }: Send,
): ClientError | null {
  if (user === "" && client === "") return badField("user: expected a user, or a client");
  if (!user.isWellFormed()) return badField("user: expected well-formed Unicode");
  if (!idempotencyKey.isWellFormed()) return badField("idempotency_key: expected well-formed Unicode");
  if (until !== undefined) return guaranteeError({ user, client }, queueTtl);
  if (per !== undefined) return badField("per: expected until beside it");
  return queueTtl !== undefined && queueTtl > 0 && user === ""
    ? badField("queue_ttl_s: expected a user to keep it for")
    : null;
}

/** A message with a guarantee belongs to a user, and not to a connection, which may end at any time. */
function guaranteeError({ user, client = "" }: Addressee, ttl: number | undefined): ClientError | null {
  if (user === "") return badField("user: expected a user, because of until");
  if (client !== "") return badField("client: expected none, because of until");
  return ttl === 0 ? badField("ttl: expected time to wait") : null;
}

function errorOf(outcome: AppendOutcome): ClientError | null {
  switch (outcome) {
    case "kept":
    case "answered":
      return null;
    case "limit":
      return withReason(errors.limitExceeded, "too many messages wait");
    case "too_large":
      return badField("data: expected at most 65536 bytes where it may have to wait");
    case "expired":
      return badField("queue_ttl_s: expected time to wait");
    case "failed":
      return errors.internal;
  }
}

/** What a key is kept as: a digest of it and of its addressee, so that a long key takes no more room than a short one. */
function storedKey({ user, client = "" }: Addressee, key: string): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify([user, client, key])).digest("base64url");
}
