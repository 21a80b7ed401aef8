import type { ApplicationOptions } from "chorus";
import { Elysia } from "elysia";
import { websocket } from "elysia/ws";
import { createNews } from "./application.ts";

/** Chorus beside the routes and the sockets of an Elysia application. */
export async function serveWithElysia(port: number, options: ApplicationOptions = {}) {
  const app = createNews();
  const realtime = await app.start({ mount: { path: "/realtime" } }, { ...options, listen: false });
  const elysia = new Elysia()
    .get("/", () => "a page of Elysia")
    .ws("/echo", { message: (socket, text) => void socket.send(text) });
  const server = Bun.serve({
    port,
    fetch: async (request, server) => (await app.fetch(request, server)) ?? elysia.fetch(request),
    websocket: app.websocketWith(websocket),
  });
  // Elysia upgrades with the server that it would have started itself.
  elysia.server = server;
  return { server, realtime };
}
