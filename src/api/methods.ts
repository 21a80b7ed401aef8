import type { Method } from "./method.ts";
import { broadcast } from "./methods/broadcast.ts";
import { channels } from "./methods/channels.ts";
import { disconnect } from "./methods/disconnect.ts";
import { history } from "./methods/history.ts";
import { historyRemove } from "./methods/history-remove.ts";
import { info } from "./methods/info.ts";
import { presence } from "./methods/presence.ts";
import { presenceStats } from "./methods/presence-stats.ts";
import { publish } from "./methods/publish.ts";
import { pushLog } from "./methods/push-log.ts";
import { refresh } from "./methods/refresh.ts";
import { rpc } from "./methods/rpc.ts";
import { send } from "./methods/send.ts";
import { subscribe } from "./methods/subscribe.ts";
import { unsubscribe } from "./methods/unsubscribe.ts";

/** Every method. Of a command in a batch that names more than one, the first of this order is run, as in Centrifugo. */
export const methods: readonly Method[] = [
  publish,
  broadcast,
  subscribe,
  unsubscribe,
  disconnect,
  history,
  historyRemove,
  presence,
  presenceStats,
  info,
  rpc,
  refresh,
  channels,
  send,
  pushLog,
];

const byName = new Map(methods.map((method) => [method.name, method]));

/** The method of a name; undefined where there is none. */
export function methodNamed(name: string): Method | undefined {
  return byName.get(name);
}
