import type { HubRef } from "../../actors/hub/events.ts";
import type { Registry } from "../../actors/hub/registry.ts";
import { Deliveries, type InboxDelivery } from "../../actors/inbox/delivery.ts";
import type { Config } from "../config/config.ts";
import { sharedEngine } from "../config/shared-engine.ts";
import { BytesBudget } from "../core/bytes-budget.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { milliseconds } from "../core/time.ts";
import type { Timers } from "../core/timers.ts";
import { DeferredInbox } from "../messages/deferred-inbox.ts";
import type { Inbox } from "../messages/inbox.ts";
import type { InboxOptions } from "../messages/inbox-options.ts";
import type { LogQueries, PublishLog } from "../messages/publish-log.ts";
import { createMessageStore } from "../messages/store.ts";
import type { Waiting } from "../messages/waiting.ts";
import { ParentInbox } from "../processes/inbox.ts";
import { ParentPublishLog } from "../processes/publish-log.ts";
import { hasApi } from "./api.ts";
import { LateStore } from "./late-store.ts";
import type { Replacements } from "./node.ts";
import { bytesRateOf } from "./options.ts";
import type { ParentConnection } from "./parent-connection.ts";

/** What the store of messages needs of the server. */
export interface MessagesPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly registry: Registry;
  readonly hub: Pick<HubRef, "send">;
  readonly replace: Pick<Replacements, "inbox">;
  /** The process that has the store; null where it is this one. */
  readonly parent: ParentConnection | null;
}

/** The same, with what was found out about it. */
interface OpeningPorts extends MessagesPorts {
  /** The inbox that nodes share; null where each keeps its own. */
  readonly sharedInbox: Inbox | null;
}

/** What is kept of messages, in this process, its parent or an engine. */
interface MessageParts {
  readonly log: Pick<PublishLog, "record" | "lost"> & LogQueries;
  readonly inbox: Inbox;
  /** The oldest that wait; null where another process has them. */
  waiting(limit: number): Waiting | null;
  failures(): number;
  sweep(): void;
  close(): void;
}

/** The publish log, the inbox, and its delivery to connections. */
export type Messages = ReturnType<typeof openMessages>;

/** What one idempotency key of a message takes with its result. */
const resultBytes = 288;

/**
 * Opens the store of messages where pushes of the API are recorded, and where its file is there. Elsewhere nothing is
 * opened before there is something to keep.
 *
 * @throws where pushes are recorded and the file cannot be had
 */
export function openMessages(config: Config, ports: MessagesPorts) {
  const { clock, log } = ports;
  const { push_log } = config;
  const sharedInbox = ports.parent === null && sharedEngine(config) === "redis" ? new DeferredInbox() : null;
  const isLogged = hasApi(config) && push_log.enabled;
  const late = new LateStore({
    clock,
    log,
    path: () => push_log.path,
    open: () => open(config, { ...ports, sharedInbox }),
  });
  late.start(isLogged || ports.parent !== null || sharedInbox !== null);
  const inbox: Pick<Inbox, "append" | "recall" | "remember"> = {
    append: (message) => late.needed()?.inbox.append(message) ?? "failed",
    recall: (key) => late.opened?.inbox.recall(key) ?? { state: "new" },
    remember: (key, answer) => late.needed()?.inbox.remember(key, answer) ?? "failed",
  };
  const delivery: InboxDelivery = {
    deliver: (user, client) => late.opened?.deliveries.deliver(user, client),
    acknowledge: (client, ids) => late.opened?.deliveries.acknowledge(client, ids) ?? true,
  };
  return {
    inbox,
    /** Null where pushes are not recorded. */
    log: isLogged ? (late.opened?.store.log ?? null) : null,
    delivery,
    /** Opens the inbox that nodes share, once the way to them is there. */
    share: (openInbox: (options: InboxOptions) => Inbox) => sharedInbox?.open(openInbox(inboxOptions(config))),
    /** What waits for users, the oldest first; null where another process or an engine has it. */
    waiting: (limit: number): Waiting | null => {
      if (sharedInbox) return null;
      return late.opened ? late.opened.store.waiting(limit) : { count: 0, messages: [] };
    },
    failures: () => late.opened?.store.failures() ?? 0,
    entriesLost: () => late.opened?.store.log.lost ?? 0,
    /** To be called every 50 ms. */
    tick: () => late.opened?.deliveries.tick(),
    /** To be called about once a second. */
    second: () => late.opened?.deliveries.second(),
    sweep: () => late.opened?.store.sweep(),
    close: () => late.opened?.store.close(),
  };
}

function open(config: Config, ports: OpeningPorts) {
  const { clock, timers, registry, hub, replace, parent, sharedInbox } = ports;
  const store = parent ? parentStore(parent) : openParts(config, ports);
  const own = sharedInbox ?? store.inbox;
  const inbox = replace.inbox?.(own) ?? own;
  const after = (delay: number, run: () => void) => void timers.setTimeout(run, milliseconds(delay));
  const budget = new BytesBudget(bytesRateOf(config), clock);
  const soon = timers.setImmediate;
  return {
    store,
    inbox,
    deliveries: new Deliveries({ inbox, log: store.log, clock, registry, hub, budget, after, soon }),
  };
}

/** What this process keeps: nothing, where it logs nothing and nodes share the inbox. */
function openParts(config: Config, ports: OpeningPorts): MessageParts {
  const isLogged = hasApi(config) && config.push_log.enabled;
  if (isLogged || !ports.sharedInbox) return openStore(config, ports);
  const log = { record: () => {}, query: () => ({ entries: [] }), lost: 0 };
  return { log, inbox: ports.sharedInbox, waiting: () => null, failures: () => 0, sweep: () => {}, close: () => {} };
}

/** How much the inbox of a configuration keeps. */
function inboxOptions({ push_queue, channel }: Config): InboxOptions {
  return { ...push_queue, resultsMax: Math.floor(channel.idempotency_max_bytes / resultBytes) };
}

/**
 * Opens the file of messages, or makes it.
 *
 * @throws where it cannot be had
 */
export function openStore(config: Config, { clock, timers, log }: Pick<MessagesPorts, "clock" | "timers" | "log">) {
  const { push_log } = config;
  return createMessageStore(
    { path: push_log.path, log: push_log, inbox: inboxOptions(config) },
    { clock, log, schedule: (task, delay) => void timers.setTimeout(task, milliseconds(delay)) },
  );
}

/** What the parent keeps, and counts itself. */
function parentStore({ link }: ParentConnection): MessageParts {
  const log = new ParentPublishLog(link);
  return {
    log: { record: (entry) => log.record(entry), query: (filter) => log.query(filter), lost: 0 },
    inbox: new ParentInbox(link),
    waiting: () => null,
    failures: () => 0,
    sweep: () => {},
    close: () => {},
  };
}
