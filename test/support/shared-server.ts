import { afterAll, beforeAll, setDefaultTimeout } from "bun:test";
import { testTimeout } from "./patience.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** One server for all tests of a file: started before the first and stopped after the last. */
export function sharedServer(...config: Parameters<typeof startTestServer>): () => TestServer {
  setDefaultTimeout(testTimeout);
  let server: TestServer | null = null;
  beforeAll(async () => {
    server = await startTestServer(...config);
  });
  afterAll(async () => {
    await server?.stop();
  });
  return () => {
    if (server) return server;
    throw new Error("The server is not there before the first test.");
  };
}
