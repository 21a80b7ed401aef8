import { createServer, type Socket } from "node:net";
import { HttpHooks, type HttpHooksOptions } from "../../src/hooks/http/http-hooks.ts";
import { createSign } from "../../src/hooks/http/signature.ts";
import { SharedLimit } from "../../src/hooks/limits.ts";
import type { ProxyOptions } from "../../src/options/proxy.ts";
import { valid } from "../config/support.ts";
import { ManualClock } from "../support/clock.ts";

/** Hooks of which all go to one URL; channels of every name have them, and so have calls. */
export function httpHooks(endpoint: string, more: Partial<ProxyOptions> = {}, concurrency = 8): HttpHooks {
  const { channel, rpc } = valid({
    channel: {
      proxy: { subscribe: { endpoint }, publish: { endpoint }, sub_refresh: { endpoint } },
      without_namespace: { subscribe_proxy_enabled: true, publish_proxy_enabled: true },
    },
    rpc: { proxy: { endpoint }, without_namespace: { proxy_enabled: true } },
  });
  const proxy = { ...rpc.proxy, ...more };
  const options: HttpHooksOptions = {
    concurrency,
    connect: proxy,
    refresh: proxy,
    defaults: { subscribe: proxy, publish: proxy, sub_refresh: proxy, rpc: proxy },
    proxies: [],
    rpc: { boundary: ":", withoutNamespace: rpc.without_namespace, namespaces: [] },
  };
  return new HttpHooks(options, {
    clock: new ManualClock(),
    sign: createSign({ key: "k1", previous: "k2" }),
    requests: new SharedLimit(224, 6),
    channelOptions: () => channel.without_namespace,
  });
}

/** A TCP server that does with each request what a test says: for answers that no HTTP server sends. */
export async function startRawServer(answer: (socket: Socket, request: string) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", (bytes) => answer(socket, bytes.toString()));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
