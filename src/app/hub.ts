import { type Actor, createActor } from "xstate";
import { publicationsId } from "../../actors/hub/machine.ts";
import { type HubPorts, hubLogic } from "../../actors/hub/perform.ts";
import type { Publications } from "../../actors/hub/publications.ts";
import type { Members } from "../../actors/hub/registry.ts";
import type { Config } from "../config/config.ts";
import { disconnects } from "../core/disconnects.ts";

/** What the Hub is built from, beside its options. */
interface HubParts extends Omit<HubPorts, "drain"> {
  readonly members: Members;
  /** Called when the Hub has failed and its sockets are closed: the process has to end. */
  onFailure(error: unknown): void;
}

/** Starts the Hub, and gives the mailbox of the actor that routes publications. */
export function startHub({ client, shutdown }: Config, { members, onFailure, ...ports }: HubParts) {
  const drain = { batchInterval: shutdown.batch_interval, timeout: shutdown.timeout };
  const hub: Actor<ReturnType<typeof hubLogic>> = createActor(hubLogic({ ...ports, drain }), {
    input: { members, userConnectionLimit: client.user_connection_limit, batchSize: shutdown.batch_size },
  });
  hub.subscribe({
    error: (error) => {
      // No event of a closed socket reaches its connection, whose Hub takes no more.
      for (const { socket } of members.all()) socket.close(disconnects.internal);
      onFailure(error);
    },
  });
  hub.start();
  const mailbox = hub.getSnapshot().children[publicationsId];
  const publications: Publications = { send: (event) => mailbox?.send(event) };
  return { hub, publications };
}
