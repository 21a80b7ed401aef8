import type { ApplicationOptions } from "chorus";
import { createNews } from "./application.ts";

/** Chorus inside of a `Bun.serve` that has pages and sockets of its own. */
export async function serveWithBun(port: number, options: ApplicationOptions = {}) {
  const app = createNews();
  const realtime = await app.start({ mount: { path: "/realtime" } }, { ...options, listen: false });
  const server = Bun.serve({
    port,
    fetch: async (request, server) => {
      const answer = await app.fetch(request, server);
      if (answer) return answer;
      if (new URL(request.url).pathname !== "/echo") return new Response("a page of the application");
      return server.upgrade(request) ? undefined : new Response("not a socket", { status: 400 });
    },
    websocket: app.websocketWith({ message: (socket, text) => void socket.send(text) }),
  });
  return { server, realtime };
}
