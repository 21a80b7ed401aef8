import type { Member } from "../actors/hub/events.ts";
import { hasApi } from "./api/api.ts";
import { createMailbox } from "./api/mailbox.ts";
import type { Config } from "./config/config.ts";
import type { Clock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { PushQueue } from "./push/queue.ts";
import { createPushStore, type PushStore } from "./push/store.ts";

/** What the push store needs of the house. */
export interface PushesPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** A connection of this node, by its id. */
  memberOf(client: string): Member | undefined;
}

/** The push log, the queue for users who are away, and the way of what waits to who comes. */
export type Pushes = ReturnType<typeof openPushes>;

/** How often it is tried to open a file that could not be opened, in milliseconds. */
const retryInterval = 10_000;

const after = (delay: number, run: () => void): void => void setTimeout(run, delay);

/**
 * Opens the push store where pushes of the API are recorded. Elsewhere nothing is opened before there is something to be
 * kept: what waits from an earlier process is given from then on.
 *
 * @throws where pushes are to be recorded and the file cannot be had
 */
export function openPushes(config: Config, { clock, log, memberOf }: PushesPorts) {
  const { push_log, push_queue } = config;
  const schedule = (task: () => void, delay: number) => after(delay, task);
  const open = () => {
    const store = createPushStore({ path: push_log.path, log: push_log, queue: push_queue }, { clock, log, schedule });
    return { store, mailbox: createMailbox({ store, clock, memberOf, after }) };
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
  const needed = (): PushStore | null => {
    opened ??= attempt();
    return opened?.store ?? null;
  };
  const queue: Pick<PushQueue, "put" | "recall" | "remember"> = {
    put: (user, data, options) => needed()?.queue.put(user, data, options) ?? "failed",
    recall: (key) => opened?.store.queue.recall(key) ?? { state: "new" },
    remember: (key, answer) => needed()?.queue.remember(key, answer) ?? false,
  };
  return {
    queue,
    /** Null where pushes are not recorded. */
    log: opened?.store.log ?? null,
    mailbox: { take: (user: string, client: string) => opened?.mailbox.take(user, client) ?? [] },
    failures: () => opened?.store.failures() ?? 0,
    entriesLost: () => opened?.store.log.lost ?? 0,
    sweep: () => opened?.store.sweep(),
    close: () => opened?.store.close(),
  };
}
