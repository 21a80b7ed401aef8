import type { PublishCommand } from "../../../src/core/command.ts";
import type { Frame } from "../../../src/core/frame.ts";
import type { Payload } from "../../../src/core/payload.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import type { Answers } from "./answers.ts";
import { clientInfoOf } from "./leaving.ts";
import { openPlainGate } from "./plain-gate.ts";

/** How publications come in, by command and through the gate. */
export function publishingEffects(ports: ConnectionPorts, answers: Answers) {
  const { rules, publications } = ports;

  const publish = (scope: Scope, { command }: { command: PublishCommand }) => {
    const { context } = scope;
    const { socket } = context;
    const { channel, id } = command;
    const user = context.identity?.user ?? "";
    const subscription = context.subscriptions.get(channel);
    const asker = { user, subscribed: subscription !== undefined, data: command.data, mapped: command.mapped === true };
    const refusal = rules.mayPublish(channel, asker);
    const namespace = rules.resolve(channel)?.namespace;
    if (refusal || !namespace || !command.data) {
      answers.settle(scope);
      return refusal ? answers.refuse(scope, id, refusal) : undefined;
    }
    // What is not kept on the disk is answered at once: those that still wait for their commit come first.
    if (namespace.history?.engine !== "sqlite") answers.settle(scope);
    socket.unanswered += 1;
    const draft = {
      channel,
      data: command.data,
      info: clientInfoOf(context, subscription),
      exclude: namespace.options.exclude_publisher ? socket : null,
      history: namespace.history,
    };
    return publications.send({
      type: "publish",
      draft,
      done: (outcome) => {
        socket.unanswered -= 1;
        if (outcome.ok) answers.reply(scope, { id, method: "publish" });
        else answers.refuse(scope, id, outcome.error);
      },
    });
  };

  return {
    publish: (scope: Scope, asked: { command: PublishCommand }) => {
      const { socket } = scope.context;
      if (socket.dialect === "centrifuge") publish(scope, asked);
      // A frame that had to wait until its connection was let in: by now the gate is open.
      else socket.take(frameOf(asked.command.data));
    },

    /** A plain client's frames go straight into the Hub; an echo's straight back. */
    openGate: (scope: Scope) => {
      const { socket } = scope.context;
      if (socket.dialect === "echo") socket.openGate({ take: (frame) => socket.send(frame) });
      const gate = socket.dialect === "plain" ? openPlainGate(ports, scope) : null;
      if (gate) socket.openGate(gate);
    },
  };
}

function frameOf(data: Payload): Frame {
  if (data.kind === "binary") return data.bytes;
  return data.kind === "text" ? data.text : data.json;
}
