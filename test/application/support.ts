import type { App, Server, ServerConfig } from "chorus";
import type { ContractSchemas } from "chorus/contract";
import { mergeTrees } from "../../src/config/tree.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { patience } from "../support/patience.ts";

/** A running application, with its log in memory. */
export interface RunningTestApp<C extends ContractSchemas, Session> extends AsyncDisposable {
  readonly server: Server<C, Session>;
  /** `ws://127.0.0.1:54321` */
  readonly ws: string;
  readonly log: CapturedLog;
  /** The text of `/metrics`. */
  metrics(): Promise<string>;
  stop(): Promise<unknown>;
}

/** What a test application is started with: a free port, nothing on the disk, metrics for everyone. */
const base = {
  http_server: { port: 0 },
  engine: { type: "memory" },
  push_log: { enabled: false },
};

/** Starts an application on free ports. */
export async function startApp<C extends ContractSchemas, Session>(
  app: App<C, Session>,
  config: ServerConfig = {},
): Promise<RunningTestApp<C, Session>> {
  const log = new CapturedLog();
  const key = "scrape";
  const server = await app.start(mergeTrees({ ...base, prometheus: { key } }, config), { log: log.log });
  const stop = () => server.stop();
  return {
    server,
    log,
    stop,
    ws: server.url.replace("http", "ws"),
    metrics: async () => {
      const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
      return response.text();
    },
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** A WebSocket that sends headers with its upgrade, as a browser sends its cookies. */
export const HeaderSocket = {
  with: (headers: Record<string, string>) =>
    class extends WebSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, { headers, ...(protocols === undefined ? {} : { protocols }) });
      }
    },
};

/** How a bare WebSocket ends. */
export function closedWith(url: string, headers: Record<string, string>): Promise<{ code: number; reason: string }> {
  const socket = new WebSocket(url, { headers });
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; reason: string }>();
  const timer = setTimeout(() => reject(new Error(`${url} was not closed in ${patience} ms`)), patience);
  socket.addEventListener("close", ({ code, reason }) => {
    clearTimeout(timer);
    resolve({ code, reason });
  });
  return promise;
}
