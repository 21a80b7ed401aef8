import { Glob } from "bun";
import type { EventFields } from "../../src/hooks/events/event.ts";

/** Where the reference of events is. */
export const referencePath = `${import.meta.dir}/../../docs/reference/events.md`;

const introduction = `# Events

What the server tells: lines of its log, and lifecycle events for back ends.

## Lines of the log

A line is one JSON object with \`time\`, \`level\`, \`event\` and the fields of the event. Names and levels are stable. No line
holds a token, a key or a payload. What may happen a thousand times a second is logged at a bounded rate, with a count.
`;

type Level = "debug" | "info" | "warn" | "error";

/** Every event of the log: its level and what it means. */
const logEvents: Readonly<Record<string, readonly [Level, string]>> = {
  "api.refused": ["debug", "A request of the API was refused: its status, method and the name of the key."],
  "api.unknown_fields": ["debug", "A request of the API has fields that are not known; they were passed over."],
  "broker.epochs_renewed": [
    "error",
    "The file of the history was copied, restored or cut short: every stream begins a new epoch.",
  ],
  "broker.failed": ["error", "A broker threw; the operation was answered with error 100. A fault of the server."],
  "broker.file_damaged": ["error", "The file of the history is damaged and was set aside; a new one has begun."],
  "broker.file_missing": [
    "error",
    "The file of the history was moved, removed or replaced while the server runs: what is published now is not in the one at its path.",
  ],
  "broker.history_lost": [
    "error",
    "The file of the history is gone, although there was one: every stream begins a new epoch.",
  ],
  "broker.lost": ["warn", "This node has missed publications of a channel; positioned subscribers are told."],
  "broker.no_witness": [
    "warn",
    "The file that proves the age of the history cannot be written: a restored copy may go unnoticed.",
  ],
  "broker.poisoned": ["error", "A delivery of the broker threw; the publication is kept. A fault of the server."],
  "broker.refused": ["error", "A publish was refused, because a limit of the history is reached."],
  "broker.slow_commit": ["warn", "A commit took long: the disk is slow."],
  "broker.store_failed": [
    "error",
    "A commit failed; its publishes were answered with error 100 and nothing was delivered.",
  ],
  "broker.store_healed": ["info", "Commits succeed again."],
  "certificate.renewed": ["info", "New connections use the certificate that was read again."],
  "client.limited": ["warn", "A connection is over its rate for the first time."],
  "clock.jumped": ["warn", "The wall clock moved by more than a minute."],
  "command.received": ["debug", "A command of a client: its type and channel."],
  "command.refused": ["info", "A command was answered with error 102, 103, 107 or 108."],
  "config.loaded": ["info", "The file that the configuration was read from."],
  "config.reloaded": ["info", "The options that SIGHUP has changed."],
  "config.warning": ["warn", "A warning about the configuration."],
  "connection.authenticated": ["debug", "A connection was accepted: its user and protocol."],
  "connection.closed": ["debug", "A connection has ended: its code and reason."],
  "connection.crashed": [
    "error",
    "A connection's machine failed and the connection was closed with 3004. A fault of the server.",
  ],
  "connections.limited": [
    "info",
    "The process may open fewer files than `client.connection_limit`: the limit is lower.",
  ],
  "console.action": ["warn", "An operator disconnected, unsubscribed or published in the console."],
  "console.refused": ["warn", "A wrong key of the console."],
  "engine.connected": ["info", "Both connections to the engine are up."],
  "engine.failed": ["error", "The engine refused a connection or a command."],
  "engine.silent": ["warn", "The engine does not answer the probe: its connections are opened anew."],
  "events.dropped": ["warn", "Lifecycle events were dropped, because too many waited or they were too old."],
  "events.failed": ["error", "A back end did not take lifecycle events; they are sent again."],
  "events.file_damaged": ["error", "The file of waiting lifecycle events is damaged and was set aside."],
  "events.file_failed": ["error", "The file of waiting lifecycle events cannot be read or written."],
  "files.scarce": ["error", "Few files are left for the process to open."],
  "handler.failed": ["error", "A handler of sockets threw; the connection was closed. A fault of the server."],
  "hook.blocked": ["warn", "A handler of the application held the event loop."],
  "hook.failed": ["error", "A hook or a handler of the application failed or ran out of time."],
  "hook.suspected": ["warn", "The event loop was late while a handler of the application ran, which may be the cause."],
  "hook.unsent": ["debug", "A message of the application found no connection, or the server was stopping."],
  "hub.failed": ["error", "The Hub failed; the process exits with 70."],
  "jwks.failed": ["warn", "A set of keys could not be fetched or read."],
  "jwks.fetched": ["debug", "A set of keys was fetched."],
  "listener.skipped": [
    "warn",
    "The second loopback address is in use by another process (`debug` where the machine does not have it).",
  ],
  "messages.limited": ["info", "This system does not tell of unfinished messages: frames have a lower limit."],
  "node.gone": ["warn", "Another node of the cluster is silent (`info` where it has left)."],
  "node.joined": ["info", "Another node of the cluster was heard for the first time."],
  "page.failed": ["error", "A page could not be made."],
  "presence.cleaned": ["info", "The presence that a node left behind, which is gone, was removed."],
  "process.error": ["error", "An error reached the last net of the process, which goes on. A fault of the server."],
  "process.forced": ["warn", "A second signal ended the process at once."],
  "process.signalled": ["info", "A signal was received."],
  "profile.development": ["info", "There is no configuration file: the development profile runs."],
  "proxy.unreadable": ["warn", "A trusted proxy sent a forwarded address that is none. Logged once."],
  "proxy.untrusted": ["warn", "A peer that is not trusted sent a forwarded address. Logged once."],
  "publication.poisoned": [
    "error",
    "A publication could not be encoded for a protocol; its subscribers of this protocol are closed.",
  ],
  "publish.dropped": ["info", "A publish of a plain client was refused; plain clients are not told."],
  "push.entries_lost": ["error", "Entries of the publish log could not be written."],
  "push.file_damaged": ["error", "The file of the publish log and of waiting messages is damaged and was set aside."],
  "push.file_failed": ["error", "The file of the publish log and of waiting messages cannot be read or written."],
  "push.file_not_opened": ["warn", "The file of the publish log cannot be opened: the server runs without it."],
  "reload.failed": ["error", "The configuration that SIGHUP read has a mistake; nothing was changed."],
  "reload.refused": ["warn", "An option has changed that takes effect at the next start."],
  "request.failed": ["error", "A request failed inside of the server and was answered with 500."],
  "server.draining": ["info", "The server stops: it closes its connections with 3001."],
  "server.started": ["info", "The server listens: its address and versions."],
  "server.stopped": ["info", "The drain is over; `cut` connections did not go in time."],
  "token.failed": ["error", "A token could not be verified for a reason of the server's own."],
  "token.refused": ["debug", "A token was refused: the reason, never the token."],
  "upgrade.refused": ["info", "An upgrade or stream was refused, with its origin and host."],
  "worker.ended": ["error", "A worker process ended (`info` where that was wanted); another one is started."],
  "worker.silent": ["error", "A worker process does not answer its parent and is ended."],
  "worker.started": ["info", "A worker process was started."],
  "worker.unlinked": ["debug", "The connection between a worker process and its parent has ended."],
};

/** Every lifecycle event: its fields beside `id`, `time` and `node`, and what it means. */
const lifecycleEvents: Readonly<Record<string, readonly [(keyof EventFields | "count")[], string]>> = {
  connected: [["client", "user"], "A client is connected."],
  disconnect: [["client", "user", "code", "reason", "duration_ms"], "A connection has ended."],
  unsubscribe: [
    ["client", "user", "channel", "code", "reason"],
    "A subscription has ended; code 1: with its connection.",
  ],
  channel_opened: [["channel"], "A channel has its first subscriber on this node."],
  channel_closed: [["channel"], "The last subscriber of this node has gone."],
  node_started: [["previous"], "The first event of a run; the connections of the run before are gone."],
  events_lost: [["count"], "So many events before this one were dropped."],
};

/** The names of events that the code logs. */
export async function loggedEvents(): Promise<readonly string[]> {
  const call = /(?:\.(?:debug|info|warn|error)|\]|#line|(?:Throttled|Rated)Log)\(\s*"([a-z]+\.[a-z_]+)"/g;
  const names = new Set<string>();
  for await (const path of new Glob("{src,actors}/**/*.ts").scan(".")) {
    for (const [, name = ""] of (await Bun.file(path).text()).matchAll(call)) names.add(name);
  }
  return [...names].sort();
}

/** The names that the reference explains. */
export const explainedEvents = Object.keys(logEvents).sort();

/** The reference as Markdown. */
export function eventsReference(): string {
  const lines = explainedEvents.map((name) => {
    const [level, meaning] = logEvents[name] ?? [];
    return `| \`${name}\` | ${level} | ${meaning} |`;
  });
  const events = Object.entries(lifecycleEvents).map(
    ([type, [fields, meaning]]) => `| \`${type}\` | ${fields.map((field) => `\`${field}\``).join(", ")} | ${meaning} |`,
  );
  return [
    introduction,
    `| event | level | meaning |\n| --- | --- | --- |\n${lines.join("\n")}\n`,
    "## Lifecycle events\n",
    "What a back end receives, beside `id`, `time` and `node`: [the guide](../guides/lifecycle-events.md).\n",
    `| type | fields | meaning |\n| --- | --- | --- |\n${events.join("\n")}\n`,
  ].join("\n");
}

if (import.meta.main) await Bun.write(referencePath, eventsReference());
