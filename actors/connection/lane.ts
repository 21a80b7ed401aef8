import type { PublishCommand } from "../../src/core/command.ts";
import { payloadSize } from "../../src/core/payload.ts";
import { decidePublish } from "./decide/publish.ts";
import type { Holdable } from "./held.ts";
import { Performer } from "./perform.ts";
import type { ConnectionPorts, Scope } from "./ports.ts";
import type { ConnectionContext } from "./record.ts";

/** A connection as the lane sees it. */
interface Publisher {
  send: Scope["self"]["send"];
  getSnapshot(): { readonly context: ConnectionContext };
}

/** Takes publish commands past the machines of their connections, while these have the lane open. */
export interface PublishLane {
  publish(connection: Publisher, command: PublishCommand): void;
}

/**
 * The lane of a server: a publish does what an event of its connection's machine would do, without the 4 us of one
 * (measured). A connection opens and closes it by entering and leaving `ready`.
 */
export function createPublishLane(ports: ConnectionPorts): PublishLane {
  const performer = new Performer(ports);
  return {
    publish: (self, command) => {
      const { connection } = self.getSnapshot().context;
      const scope = { connection, self };
      const decisions = decidePublish(performer.viewOf(scope), command);
      if (connection.unanswered === 0) performer.perform(scope, decisions);
      else performer.performPublish(scope, decisions, eventOf(command, connection.frame));
    },
  };
}

/** A publish that may have to wait for earlier ones. */
function eventOf(command: PublishCommand, frame: number): Holdable {
  return { type: "client.publish", command, bytes: payloadSize(command.data.read()), frame };
}
