import { answer } from "./responses.ts";

/** What health is computed from. */
interface HealthPorts {
  readonly isDraining: () => boolean;
  /** The engine that several nodes share answers; true where there is none. */
  readonly isEngineUp: () => boolean;
}

/** Liveness and readiness, for whoever restarts us and whoever sends us clients. */
export function createHealth({ isDraining, isEngineUp }: HealthPorts) {
  return {
    /** The process answers. */
    live: () => answer(200, "ok"),
    /** The server takes new clients; 503 while it is draining, and while the engine that nodes share does not answer. */
    ready: () => {
      if (isDraining()) return answer(503, "draining");
      return isEngineUp() ? answer(200, "ok") : answer(503, "engine");
    },
    /** Centrifugo's own health check: an empty object. */
    centrifugo: () => Response.json({}),
  };
}
