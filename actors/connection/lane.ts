import type { Command, PublishCommand } from "../../src/core/command.ts";
import { decide } from "./decide/command.ts";
import { decidePublish } from "./decide/publish.ts";
import type { Holdable } from "./held.ts";
import { Performer } from "./perform.ts";
import type { ConnectionPorts, Scope } from "./ports.ts";
import type { ConnectionContext } from "./record.ts";

/** A connection as the lane sees it. */
interface Sender {
  send: Scope["self"]["send"];
  getSnapshot(): { readonly context: ConnectionContext };
}

/** A call or a message of the client. */
type CallCommand = Extract<Command, { method: "rpc" | "send" }>;

/** Takes commands that change nothing of a connection's state past its machine, while that has the lane open. */
export interface CommandLane {
  /** Whether it takes calls and messages: where they run beside the other commands. */
  readonly takesCalls: boolean;
  publish(connection: Sender, command: PublishCommand): void;
  call(connection: Sender, command: CallCommand): void;
}

/**
 * The lane of a server: a publish or a call does what an event of its connection's machine would do, without the 4 us of one
 * (measured). A connection opens and closes it by entering and leaving `ready`.
 */
export function createCommandLane(ports: ConnectionPorts): CommandLane {
  const performer = new Performer(ports);
  return {
    takesCalls: ports.hooks?.hooks.options.beside.has("rpc") === true,
    call: (self, command) => {
      const { connection } = self.getSnapshot().context;
      const scope = { connection, self };
      const type = command.method === "rpc" ? "client.rpc" : "client.send";
      performer.commands.received(connection, type, undefined);
      const event = { type, command, bytes: 0, frame: connection.frame } as Extract<Holdable, { type: typeof type }>;
      performer.perform(scope, decide(performer.viewOf(scope), event, true));
    },
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
