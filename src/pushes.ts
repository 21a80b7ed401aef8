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
  const open = () =>
    createPushStore({ path: push_log.path, log: push_log, queue: push_queue }, { clock, log, schedule });
  let triedAt = Number.NEGATIVE_INFINITY;
  const attempt = (): PushStore | null => {
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
  let store = isLogged ? open() : null;
  const needed = (): PushStore | null => {
    store ??= attempt();
    return store;
  };
  const queue: Pick<PushQueue, "put" | "recall" | "remember"> = {
    put: (user, data, options) => needed()?.queue.put(user, data, options) ?? "failed",
    recall: (key) => store?.queue.recall(key) ?? { state: "new" },
    remember: (key, answer) => needed()?.queue.remember(key, answer) ?? false,
  };
  const mailboxOf = (opened: PushStore) => createMailbox({ store: opened, clock, memberOf, after });
  return {
    queue,
    /** Null where pushes are not recorded. */
    log: store?.log ?? null,
    mailbox: { take: (user: string, client: string) => (store ? mailboxOf(store).take(user, client) : []) },
    failures: () => store?.failures() ?? 0,
    entriesLost: () => store?.log.lost ?? 0,
    sweep: () => store?.sweep(),
    close: () => store?.close(),
  };
}
