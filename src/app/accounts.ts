import type { Account } from "../broker/broker.ts";
import type { Config } from "../config/config.ts";

/** Who is charged for what stores keep. */
export interface Accounts {
  /** A user wherever connected; the address of an anonymous one. */
  ofClient(user: string, address: string): Account;
  /** An API key by its name; undefined where it may have all, as in-process callers (null) may. */
  ofKey(name: string | null): Account | undefined;
}

/** The accounts of a configuration. */
export function createAccounts({ client, http_api }: Config): Accounts {
  const share = client.stream_share_percent / 100;
  const keys = new Map(
    http_api.keys
      .filter((key) => key.stream_share_percent < 100)
      .map(({ name, stream_share_percent }) => [name, { id: `key:${name}`, share: stream_share_percent / 100 }]),
  );
  return {
    ofClient: (user, address) => ({ id: user === "" ? `address:${address}` : `user:${user}`, share }),
    ofKey: (name) => (name === null ? undefined : keys.get(name)),
  };
}
