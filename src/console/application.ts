import { RatedLog } from "../core/rated-log.ts";
import { milliseconds } from "../core/time.ts";
import { accept, refuse } from "../hooks/in-process/answers.ts";
import type { RuntimeAuthenticate } from "../hooks/in-process/connect-hooks.ts";
import type { Authenticate, Handlers, Needed } from "../hooks/in-process/handlers.ts";
import type { ApplicationDefinition } from "../hooks/in-process/in-process.ts";
import type { RuntimeHandlers } from "../hooks/in-process/runtime.ts";
import { createActions, type Operator } from "./actions.ts";
import { readHistory, watchChannel } from "./channel-view.ts";
import { answerSearches, searchConnections } from "./connections.ts";
import { consoleContract } from "./contract.ts";
import { every } from "./every.ts";
import { isKey } from "./key.ts";
import { Others } from "./others.ts";
import { answerSamples, sample } from "./overview.ts";
import type { ConsolePorts } from "./ports.ts";
import type { ShownMessages, Warning } from "./shown.ts";
import { ConnectionWatch } from "./watch.ts";

type Schemas = (typeof consoleContract)["schemas"];

/** Samples that are kept: ten minutes. */
const samplesKept = 600;
/** Waiting messages that are shown. */
const waitingMax = 100;
const logInterval = milliseconds(1_000);

/** The server part of the console: an application of Chorus itself, whose channels show another node. */
export function createConsoleApplication(ports: ConsolePorts): ApplicationDefinition {
  const others = new Others(ports.surveys);
  const refusals = new RatedLog("console.refused", { ...ports, level: "warn" });
  answerSearches(ports, others);
  answerSamples(ports, others);
  const authenticate: Authenticate<Schemas, Operator> = ({ token, data, upgrade }) => {
    const { address } = upgrade;
    if (ports.key !== "" && !isKey(ports.key, token)) {
      refusals.add("", () => ({ address }));
      return refuse("unauthorized");
    }
    return accept({ user: "console", session: { name: data?.name ?? "", address } });
  };
  const handlers: Needed<Handlers<Schemas, Operator>> = {
    channels: channelsOf(ports, others),
    calls: callsOf(ports, others),
  };
  // Types end here: the runtime checks what a handler answers.
  return {
    schemas: consoleContract.schemas,
    authenticate: { handle: authenticate as RuntimeAuthenticate["handle"], options: {} },
    handlers: handlers as RuntimeHandlers,
  };
}

function channelsOf(ports: ConsolePorts, others: Others): Handlers<Schemas, Operator>["channels"] {
  const watch = new ConnectionWatch(ports, others);
  return {
    overview: {
      history: { size: samplesKept, ttl: "10m", recovery: "cache" },
      subscribe: "everyone",
      opened: ({ server, signal }) => {
        const target = server.channel("overview");
        sample(ports, others, { publish: (data) => ignore(target.publish(data)), signal });
      },
    },
    connection: {
      history: { size: 1, ttl: "1m", recovery: "cache" },
      subscribe: "everyone",
      opened: ({ params, server, signal }) => {
        const target = server.channel("connection", params);
        watch.watch(params.id, (data) => ignore(target.publish(data)), signal);
      },
    },
    channel: {
      subscribe: "everyone",
      opened: ({ params, server, signal }) => {
        const target = server.channel("channel", params);
        const name = nameOf(params.name);
        return watchChannel(ports, { name, publish: (data) => ignore(target.publish(data)), signal });
      },
    },
    log: {
      subscribe: "everyone",
      opened: ({ server, signal }) => {
        let number = ports.warnings.after(0).at(-1)?.number ?? 0;
        every(ports.timers, logInterval, signal, () => {
          const lines = ports.warnings.after(number);
          if (lines.length === 0) return;
          number = lines.at(-1)?.number ?? number;
          ignore(server.channel("log").publish(lines));
        });
      },
    },
  };
}

function callsOf(ports: ConsolePorts, others: Others): Handlers<Schemas, Operator>["calls"] {
  const actions = createActions(ports, others);
  return {
    search: (query) => searchConnections(ports, others, query),
    disconnect: ({ connection }, on) => actions.disconnect(on.connection.session, connection),
    unsubscribe: ({ connection, channel }, on) => actions.unsubscribe(on.connection.session, connection, channel),
    history: ({ channel }) => readHistory(ports, channel),
    publish: ({ channel, data }, on) => actions.publish(on.connection.session, channel, data),
    messages: async (): Promise<ShownMessages> => {
      const result = await ports.operations.publishLog({ limit: 100 });
      const entries = result.ok ? result.value.entries : [];
      const waiting = ports.waitingMessages(waitingMax);
      return { isKept: result.ok, waiting, entries: entries.map(({ payload: _, ...entry }) => entry) };
    },
    log: (): readonly Warning[] => ports.warnings.after(0),
  };
}

/** The name of a channel as a parameter: it may hold colons, which parameters cannot. */
function nameOf(parameter: string): string {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return parameter;
  }
}

/** The server that stops refuses what is published last. */
function ignore(published: Promise<unknown>): void {
  published.catch(() => {});
}
