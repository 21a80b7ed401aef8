import type { Server, ServerWebSocket, WebSocketHandler } from "bun";
import type { Config } from "../config/config.ts";
import { parseConfig } from "../config/parse.ts";
import { createConsoleApplication } from "../console/application.ts";
import type { Log } from "../core/log.ts";
import type { ApplicationDefinition } from "../hooks/in-process/in-process.ts";
import { notFound } from "../http/responses.ts";
import type { Endpoint, Route } from "../http/routes.ts";
import type { Counters } from "../metrics/counters.ts";
import type { BunSocket } from "../sockets/socket.ts";
import { createConsolePages } from "../web/pages.ts";
import { type ConsoleParts, consolePorts } from "./console-ports.ts";

/** The path below which the console is. */
const path = "/console";
/** Where its pages connect. */
const socketPath = `${path}/connection/websocket`;

/** The server inside of the server, as far as the console uses it. */
interface InnerServer {
  readonly node: { readonly counters: Counters };
  readonly mount: {
    upgrade(request: Request, host: Server<BunSocket>, path: string): ReturnType<Endpoint>;
    readonly handlers: WebSocketHandler<BunSocket>;
  };
  stop(): Promise<unknown>;
}

/** What starts the server inside of the server. */
export type StartInner = (config: Config, application: ApplicationDefinition, log: Log) => InnerServer;

/** The console on its listener. */
export interface OpenConsole {
  readonly exact: ReadonlyMap<string, Route>;
  readonly prefixes: ReadonlyMap<string, Route>;
  /** The handlers of a listener whose sockets are those of the server or of the console. */
  handlers(own: WebSocketHandler<BunSocket>): WebSocketHandler<BunSocket>;
  stop(): Promise<unknown>;
}

/**
 * Opens the console: pages, and a Chorus of its own that they are connected to. Its node shares nothing with the server's
 * but the listener, so that no client, token, key or channel pattern of the server reaches its channels, and the figures
 * that it shows are those of the server alone. Null where it is off.
 */
export function openConsole(config: Config, parts: ConsoleParts, startInner: StartInner): OpenConsole | null {
  if (!config.console.enabled) return null;
  const ports = consolePorts(config, parts);
  const pages = createConsolePages(ports.log);
  const inner = startInner(innerConfig(), createConsoleApplication(ports), warningsOf(ports.log));
  const page: Endpoint = async (request) => (await pages.respond(request)) ?? notFound();
  const below: Endpoint = (request, server, target) =>
    target.path === socketPath
      ? // No other server than Bun's asks here.
        inner.mount.upgrade(request, server as Server<BunSocket>, target.path.slice(path.length))
      : page(request, server, target);
  return {
    exact: new Map([[path, { endpoint: page, anyHost: false }]]),
    prefixes: new Map([[`${path}/`, { endpoint: below, anyHost: false }]]),
    handlers: (own) => sharedHandlers(own, inner),
    stop: () => inner.stop(),
  };
}

function innerConfig(): Config {
  const outcome = parseConfig(
    {
      client: { connection_limit: 64, connection_rate_limit: 20, stale_close_delay: "5s" },
      channel: { max_length: 4_096 },
      engine: { type: "memory" },
      plain: { enabled: false },
      web: { enabled: false },
      health: { enabled: false },
      prometheus: { enabled: false },
      http_api: { disabled: true },
      // A file of its own, which is never made: it keeps no messages.
      push_log: { enabled: false, path: "data/console-push.db" },
      shutdown: { timeout: "1s" },
    },
    "file",
  );
  if (!outcome.ok) throw new Error(outcome.error.join("\n"));
  return outcome.value.config;
}

/** Each socket goes to the server that upgraded it. */
function sharedHandlers(own: WebSocketHandler<BunSocket>, { node, mount }: InnerServer): WebSocketHandler<BunSocket> {
  const of = (ws: ServerWebSocket<BunSocket>) => (ws.data.isCountedBy(node.counters) ? mount.handlers : own);
  return {
    ...own,
    open: (ws) => of(ws).open?.(ws),
    message: (ws, frame) => of(ws).message?.(ws, frame),
    ping: (ws, data) => of(ws).ping?.(ws, data),
    pong: (ws, data) => of(ws).pong?.(ws, data),
    drain: (ws) => of(ws).drain?.(ws),
    close: (ws, code, reason) => of(ws).close?.(ws, code, reason),
  };
}

/** The log of the server inside: no operator started this server, so that only its faults are logged. */
function warningsOf(log: Log): Log {
  const nothing = () => {};
  return { ...log, debug: nothing, info: nothing };
}
