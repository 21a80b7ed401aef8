import type { ConfigInput } from "../../src/config/config.ts";
import type { Tree } from "../../src/config/tree.ts";
import { CentrifugeProbe } from "./centrifuge-probe.ts";
import { startOpenServer, tokenFor } from "./open-channels.ts";
import { Probe } from "./probe.ts";
import type { TestServer } from "./server.ts";
import type { TestStartOptions } from "./start.ts";

/** What came back over HTTP. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** The text as JSON; fails where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it.
  readonly json: any;
}

/** An open server as a back end sees it, with clients of both protocols. */
export interface Api extends TestServer {
  /** Calls a method with the key; a text is sent as it is. */
  call(method: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** A Centrifuge client of this user, connected. */
  centrifuge(user: string): Promise<CentrifugeProbe>;
  /** A plain client of this user in `news`, let in. */
  plain(user: string): Promise<Probe>;
}

/** The key that may do everything. */
export const apiKey = { "X-API-Key": "apikey" };

/** Starts an open server with the API on; `config` is laid over that of `startOpenServer`. */
export async function startApi(config: ConfigInput & Tree = {}, options: TestStartOptions = {}): Promise<Api> {
  const server = await startOpenServer(config, options);
  const call = (method: string, body: unknown, headers: Readonly<Record<string, string>> = apiKey) =>
    post(`${server.url}/api${method === "" ? "" : `/${method}`}`, body, headers);
  return {
    ...server,
    call,
    centrifuge: (user) => CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: user }) }),
    plain: async (user) => {
      const probe = await new Probe(`${server.ws}/ws?channel=news&token=${tokenFor({ sub: user })}`).open();
      // It is in its channel in the same turn in which this is logged.
      await server.log.next("connection.authenticated", { user, dialect: "plain" });
      return probe;
    },
  };
}

/** A POST, and what came back. */
export async function post(url: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    headers: response.headers,
    get json() {
      return JSON.parse(text);
    },
  };
}
