import { type Input, type Profile, startConfigured } from "../../src/app/configured.ts";
import type { Outside, Started } from "../../src/app/start.ts";

/** What a test can give from outside: the profile, and any part that stands in for a real one. */
export type TestStartOptions = Outside & { readonly profile?: Profile };

/** The production server and its parts, for tests and benches that look inside. */
export type StartedServer = Started["inProcess"] & Omit<Started, "inProcess">;

/** Starts the server as `startServer` does, and gives the parts too. */
export function startWithParts(input?: Input, options: TestStartOptions = {}): StartedServer {
  const outcome = startConfigured(input, options);
  if (!outcome.ok) throw new Error(outcome.error.join("\n"));
  const { inProcess, ...started } = outcome.value;
  return { ...inProcess, ...started };
}
