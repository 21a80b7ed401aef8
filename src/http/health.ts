import { answer } from "./responses.ts";

/** Liveness and readiness, for whoever restarts us and whoever sends us clients. */
export function createHealth(isDraining: () => boolean) {
  return {
    /** The process answers. */
    live: () => answer(200, "ok"),
    /** The server takes new clients; 503 while it is draining. */
    ready: () => (isDraining() ? answer(503, "draining") : answer(200, "ok")),
    /** Centrifugo's own health check: an empty object. */
    centrifugo: () => Response.json({}),
  };
}
