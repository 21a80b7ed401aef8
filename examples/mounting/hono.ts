import type { ApplicationOptions } from "chorus";
import { Hono } from "hono";
import { upgradeWebSocket, websocket } from "hono/bun";
import { createNews } from "./application.ts";

/** Chorus beside the routes and the sockets of a Hono application. */
export async function serveWithHono(port: number, options: ApplicationOptions = {}) {
  const app = createNews();
  const realtime = await app.start({ mount: { path: "/realtime" } }, { ...options, listen: false });
  const hono = new Hono()
    .get("/", (context) => context.text("a page of Hono"))
    .get(
      "/echo",
      upgradeWebSocket(() => ({ onMessage: (event, socket) => socket.send(String(event.data)) })),
    );
  const server = Bun.serve({
    port,
    fetch: async (request, server) => (await app.fetch(request, server)) ?? hono.fetch(request, { server }),
    websocket: app.websocketWith(websocket),
  });
  return { server, realtime };
}
