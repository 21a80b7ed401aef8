import type { PublishCommand } from "../../src/core/command.ts";
import { decidePublish } from "./decide/publish.ts";
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
      performer.commands.received(connection, "client.publish", command.channel);
      const decisions = decidePublish(performer.viewOf(scope), command);
      if (decisions[0]?.type !== "publish") {
        performer.commands.decided(scope.connection, decisions, {
          type: "client.publish",
          command,
          bytes: 0,
          frame: connection.frame,
        });
      }
      performer.performPublish(scope, decisions);
    },
  };
}
