import type { ClientInfo } from "../../../src/core/publication.ts";
import type { Subscription } from "../events.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";

/** Takes a connection out of a channel, on the node and in the eyes of others; false where it was not in it. */
export function leaveChannel(ports: ConnectionPorts, { context }: Scope, channel: string): boolean {
  const subscription = context.subscriptions.get(channel);
  if (!subscription) return false;
  context.subscriptions.delete(channel);
  context.socket.receiver?.detach(channel);
  ports.presenceEvents.leave(channel, clientInfoOf(context, subscription), subscription);
  return true;
}

/** How others see a connection in a channel. */
export function clientInfoOf(
  context: Pick<Scope["context"], "socket" | "identity">,
  subscription: Pick<Subscription, "info"> | undefined,
): ClientInfo {
  return {
    user: context.identity?.user ?? "",
    client: context.socket.id,
    ...(context.identity?.info !== undefined && { connInfo: context.identity.info }),
    ...(subscription?.info !== undefined && { chanInfo: subscription.info }),
  };
}
