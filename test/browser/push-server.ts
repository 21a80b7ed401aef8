import { Centrifuge } from "centrifuge";
import { startServer } from "../../src/server.ts";
import { Inbox } from "../support/inbox.ts";
import { tokenFor } from "../support/open-channels.ts";
import { freshPushPath } from "../support/push-path.ts";
import { openConfig } from "./config.ts";

/** A server whose API is on, with `apikey`, and which knows users by their tokens. */
export async function startPushServer() {
  const server = await startServer({
    ...openConfig(),
    http_api: { key: "apikey" },
    push_log: { path: freshPushPath() },
    client: { allow_anonymous_connect_without_token: true, token: { hmac_secret_key: "secret" } },
  });
  const clients: Centrifuge[] = [];
  return {
    url: server.url,
    key: "apikey",
    history: server.history,
    /** A call of the API as a back end makes it. */
    call: async (method: string, body: object): Promise<void> => {
      const headers = { "X-API-Key": "apikey" };
      const answer = await fetch(`${server.url}/api/${method}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      if (answer.status !== 200) throw new Error(`${method} was answered with ${answer.status}.`);
    },
    /** A stock client of this user, connected. */
    client: async (user: string): Promise<StockClient> => {
      const token = tokenFor({ sub: user });
      const client = new Centrifuge(`${server.url.replace("http", "ws")}/connection/websocket`, { token });
      clients.push(client);
      const messages = new Inbox<unknown>(`the messages to ${user}`, JSON.stringify);
      client.on("message", ({ data }) => messages.push(data));
      const { promise, resolve } = Promise.withResolvers<string>();
      client.on("connected", (context) => resolve(context.client));
      client.connect();
      return { id: await promise, messages };
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const client of clients) client.disconnect();
      await server.stop();
    },
  };
}

/** A stock client and the messages that came to it outside of channels. */
interface StockClient {
  /** The id of its connection. */
  readonly id: string;
  readonly messages: Inbox<unknown>;
}
