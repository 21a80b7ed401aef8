import type { ConfigInput } from "../../src/config/config.ts";
import { mergeTrees, type Tree } from "../../src/config/tree.ts";
import { jwt } from "../auth/support.ts";
import { freshPushPath } from "./push-path.ts";
import { startTestServer, type TestServer } from "./server.ts";
import type { TestStartOptions } from "./start.ts";

/** Options of a namespace in which everyone may do everything, and nothing is lost. */
export const everything = {
  presence: true,
  join_leave: true,
  history_size: 100,
  history_ttl: "300s",
  force_recovery: true,
  allow_positioning: true,
  allow_recovery: true,
  allow_subscribe_for_client: true,
  allow_subscribe_for_anonymous: true,
  allow_publish_for_client: true,
  allow_publish_for_anonymous: true,
  allow_presence_for_client: true,
  allow_presence_for_anonymous: true,
  allow_history_for_client: true,
  allow_history_for_anonymous: true,
} as const;

const house = {
  engine: { type: "memory" },
  client: { token: { hmac_secret_key: "secret" } },
  http_api: { key: "apikey" },
  channel: { without_namespace: everything },
};

/**
 * A server whose channels without a namespace are open for everything, to anonymous clients and to those with a token of
 * `tokenFor`; history is kept in memory. `config` is laid over that.
 */
export function startOpenServer(config: ConfigInput & Tree = {}, options: TestStartOptions = {}): Promise<TestServer> {
  const own = { push_log: { path: freshPushPath() } };
  return startTestServer(mergeTrees(mergeTrees(house, own), config), options);
}

/** A token of `startOpenServer`'s secret: of a connection, or of a subscription where the claims name a channel. */
export function tokenFor(claims: Readonly<Record<string, unknown>>): string {
  return jwt(claims);
}
