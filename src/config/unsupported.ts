import { isObject } from "../core/object.ts";
import type { Tree } from "./tree.ts";

/** Options of Centrifugo without which it would be unsafe to go on; each with what would go wrong. */
const unsafeOptions: readonly { readonly pattern: RegExp; readonly harm: string }[] = [
  { pattern: /tls[^.]*\.enabled$/, harm: "traffic that should be encrypted would not be" },
  { pattern: /^http_server\.tls\.client_ca_pem$/, harm: "clients without a certificate would be let in" },
  { pattern: /^client\.proxy\.[^.]+\.enabled$/, harm: "your back end would not be asked who may connect" },
  { pattern: /_proxy_enabled$/, harm: "your back end would not be asked what is allowed" },
  { pattern: /^(?:uni_grpc|uni_webtransport|grpc_api)\.enabled$/, harm: "those who use it would find nothing there" },
  { pattern: /^engine\.redis\.replica_client\.enabled$/, harm: "the load that replicas are to take would stay" },
  { pattern: /^broker\.nats\.raw_mode\.enabled$/, harm: "what other programs publish in NATS would not be heard" },
  { pattern: /^broker\.nats\.allow_wildcards$/, harm: "channels with wildcards would be names like any other" },
  { pattern: /^map_broker\.type$/, harm: "this node would be alone, without the others" },
];

/** Parts of Centrifugo of which another kind than the memory's joins nodes, once they are enabled. */
const joiningPattern = /^(presence_manager)\.type$/;

/** What goes wrong without an option that is set to something else than its default; null where it can be left out. */
export function harmWithout(path: string, root: Tree): string | null {
  const joining = joiningPattern.exec(path)?.[1];
  if (joining !== undefined) {
    const part = root[joining];
    const isEnabled = isObject(part) && part["enabled"] === true;
    return isEnabled ? "this node would be alone, without the others" : null;
  }
  return unsafeOptions.find(({ pattern }) => pattern.test(path))?.harm ?? null;
}
