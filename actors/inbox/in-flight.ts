import type { Guarantee, OwedMessage } from "../../src/messages/inbox.ts";

/** What was heard of a client so far. */
export interface Heard {
  /** Frames: commands, and pongs of the protocol. */
  readonly frames: number;
  /** When something was last heard, in monotonic milliseconds; 0 where pongs are frames. */
  readonly at: number;
}

/** A message with a guarantee that was written to a connection, and has not ended. */
export interface InFlight {
  readonly id: string;
  readonly until: Guarantee["until"];
  readonly bytes: number;
  /** What had been heard of the client when the message had been written whole; null before. */
  readonly writtenAt: Heard | null;
  /** The client has it for certain. */
  readonly isDelivered: boolean;
  /** Other connections of the user that had it for certain since it was sent to this one. */
  readonly others: number;
  /** How often it was sent. */
  readonly sent: number;
  /** When it is sent again, in monotonic milliseconds. */
  readonly dueAt: number;
}

/** Time in milliseconds without an acknowledgement after which a message is sent again; it doubles each time. */
const redeliveryDelay = 30_000;
/** The longest one. */
const redeliveryDelayMax = 600_000;

/** A message as it is sent; `before` where it was sent already. */
export function inFlight(
  { id, guarantee: { until } }: OwedMessage & { readonly guarantee: Guarantee },
  { bytes, now, before }: { readonly bytes: number; readonly now: number; readonly before?: InFlight | undefined },
): InFlight {
  const sent = (before?.sent ?? 0) + 1;
  const delay = Math.min(redeliveryDelay * 2 ** (sent - 1), redeliveryDelayMax);
  const rest = {
    writtenAt: before?.writtenAt ?? null,
    isDelivered: before?.isDelivered ?? false,
    others: before?.others ?? 0,
  };
  return { id, until, bytes, ...rest, sent, dueAt: until === "acknowledged" ? now + delay : Number.POSITIVE_INFINITY };
}

/**
 * A message after a look at its connection. It is written once nothing is unsent, and delivered once a pong or a command
 * came after that: bytes that the kernel holds for a client that reads nothing are no delivery.
 */
export function looked(message: InFlight, heard: Heard, unsent: number): InFlight {
  if (message.isDelivered) return message;
  if (message.writtenAt === null) return unsent === 0 ? { ...message, writtenAt: heard } : message;
  const isDelivered = heard.frames > message.writtenAt.frames || heard.at > message.writtenAt.at;
  return isDelivered ? { ...message, isDelivered } : message;
}

/** The messages whose next attempt is due. */
export function dueOf(messages: Iterable<InFlight>, now: number): readonly InFlight[] {
  return [...messages].filter(({ dueAt }) => dueAt <= now);
}

/** When the first of the messages is sent again. */
export function firstDue(messages: Iterable<InFlight>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { dueAt } of messages) first = Math.min(first, dueAt);
  return first;
}
