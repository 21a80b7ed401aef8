import type { HubRef, Told } from "../../actors/hub/events.ts";
import type { Target } from "../../actors/hub/registry.ts";

/** Has the Hub tell all connections of a user something ("" means the anonymous ones), or those of a target. */
export function tellUser(
  { node }: { readonly node: { readonly hub: HubRef } },
  target: string | Target,
  event: Told,
): void {
  const whole = typeof target === "string" ? { user: target, client: "", except: new Set<string>() } : target;
  node.hub.send({ type: "user.tell", target: whole, event });
}
