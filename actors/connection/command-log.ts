import type { Clock } from "../../src/core/clock.ts";
import { type ClientError, errors } from "../../src/core/errors.ts";
import type { Log } from "../../src/core/log.ts";
import { RatedLog } from "../../src/core/rated-log.ts";
import type { Decision } from "./decide/decision.ts";
import type { Holdable } from "./held.ts";
import type { ConnectionRecord } from "./record.ts";

/** Errors that say that a configuration or a client is not what its author thinks. */
const told: ReadonlySet<number> = new Set(
  [errors.unknownChannel, errors.permissionDenied, errors.badRequest, errors.notAvailable].map(({ code }) => code),
);

/** What clients ask for, at debug; and what they are refused for want of a right or of sense, at info and at a bounded rate. */
export class CommandLog {
  readonly #log: Log;
  readonly #refused: RatedLog;

  constructor(ports: { readonly clock: Clock; readonly log: Log }) {
    this.#log = ports.log;
    this.#refused = new RatedLog("command.refused", ports);
  }

  received({ socket, user }: ConnectionRecord, type: string, channel: string | undefined): void {
    this.#log.debug("command.received", { connection: socket.id, user, type, channel });
  }

  /** Takes the errors among the decisions that follow from a command; null where it is not known any more. */
  decided(connection: ConnectionRecord, decisions: readonly Decision[], event: Holdable | null): void {
    for (const decision of decisions) {
      if (decision.type === "drop") this.#refuse(connection, errors.permissionDenied, event);
      if (decision.type !== "reply" || decision.reply.method !== "error") continue;
      this.#refuse(connection, decision.reply.error, event);
    }
  }

  #refuse({ socket, user }: ConnectionRecord, { code, message }: ClientError, event: Holdable | null): void {
    if (!told.has(code)) return;
    this.#refused.add(code, () => ({
      code,
      error: message,
      type: event?.type,
      channel: event ? channelOf(event) : undefined,
      user,
      connection: socket.id,
    }));
  }
}

/** The channel that a command names. */
export function channelOf(event: Holdable): string | undefined {
  if (!("command" in event)) return "channel" in event ? (event.channel ?? undefined) : undefined;
  return "channel" in event.command ? (event.command.channel ?? undefined) : undefined;
}
