import type { Account } from "../broker/broker.ts";
import type { Config } from "../config/config.ts";

/** Code in this process: `server.publish`, and the handle of an application. */
export const ownProcess: Account = { id: "process", share: 1 };

/**
 * Who is charged for what a call of a back end keeps: its API key by its name, which may have all unless it says
 * otherwise; null is code in this process.
 */
export function createAccounts({ http_api }: Config): (source: string | null) => Account {
  const keys = new Map<string, Account>([["default", { id: "key:default", share: 1 }]]);
  for (const { name, stream_share_percent } of http_api.keys) {
    keys.set(name, { id: `key:${name}`, share: stream_share_percent / 100 });
  }
  return (source) => (source === null ? ownProcess : (keys.get(source) ?? { id: `key:${source}`, share: 1 }));
}
