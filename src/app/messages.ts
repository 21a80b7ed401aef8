import type { HubRef } from "../../actors/hub/events.ts";
import type { Registry } from "../../actors/hub/registry.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { milliseconds } from "../core/time.ts";
import type { Timers } from "../core/timers.ts";
import { createOfflineMessages } from "../messages/offline-messages.ts";
import type { OfflineQueue } from "../messages/offline-queue.ts";
import { createMessageStore } from "../messages/store.ts";
import { hasApi } from "./api.ts";
import type { Replacements } from "./node.ts";

/** What the push store needs of the house. */
export interface MessagesPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly registry: Registry;
  readonly hub: Pick<HubRef, "send">;
  readonly replace: Pick<Replacements, "queue">;
}

/** The push log, the queue for users who are away, and the way of what waits to who comes. */
export type Messages = ReturnType<typeof openMessages>;

/** What one idempotency key of a message takes with its result. */
const resultBytes = 288;

/** How often it is tried to open a file that could not be opened, in milliseconds. */
const retryInterval = 10_000;

/**
 * Opens the push store where pushes of the API are recorded. Elsewhere nothing is opened before there is something to be
 * kept: what waits from an earlier process is given from then on.
 *
 * @throws where pushes are to be recorded and the file cannot be had
 */
export function openMessages(config: Config, { clock, timers, log, registry, hub, replace }: MessagesPorts) {
  const { push_log, push_queue } = config;
  const resultsMax = Math.floor(config.channel.idempotency_max_bytes / resultBytes);
  const after = (delay: number, run: () => void) => void timers.setTimeout(run, milliseconds(delay));
  const schedule = (task: () => void, delay: number) => after(delay, task);
  const open = () => {
    const store = createMessageStore(
      { path: push_log.path, log: push_log, queue: { ...push_queue, resultsMax } },
      { clock, log, schedule },
    );
    const queue = replace.queue?.(store.queue) ?? store.queue;
    return {
      store,
      queue,
      offlineMessages: createOfflineMessages({ queue, log: store.log, clock, registry, hub, after }),
    };
  };
  let triedAt = Number.NEGATIVE_INFINITY;
  const attempt = (): ReturnType<typeof open> | null => {
    if (clock.monotonic() - triedAt < retryInterval) return null;
    triedAt = clock.monotonic();
    try {
      return open();
    } catch (error) {
      log.warn("push.file_not_opened", { path: push_log.path, error: String(error) });
      return null;
    }
  };

  const isLogged = hasApi(config) && push_log.enabled;
  let opened = isLogged ? open() : null;
  const needed = (): OfflineQueue | null => {
    opened ??= attempt();
    return opened?.queue ?? null;
  };
  const queue: Pick<OfflineQueue, "put" | "recall" | "remember"> = {
    put: (user, data, options) => needed()?.put(user, data, options) ?? "failed",
    recall: (key) => opened?.queue.recall(key) ?? { state: "new" },
    remember: (key, answer) => needed()?.remember(key, answer) ?? "failed",
  };
  return {
    queue,
    /** Null where pushes are not recorded. */
    log: opened?.store.log ?? null,
    offlineMessages: { deliver: (user: string, client: string) => opened?.offlineMessages.deliver(user, client) },
    failures: () => opened?.store.failures() ?? 0,
    entriesLost: () => opened?.store.log.lost ?? 0,
    sweep: () => opened?.store.sweep(),
    close: () => opened?.store.close(),
  };
}
