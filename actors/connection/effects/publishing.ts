import { fromPlain } from "../../../src/channels/formats.ts";
import type { Namespace } from "../../../src/channels/namespace.ts";
import type { Command } from "../../../src/core/command.ts";
import { disconnects } from "../../../src/core/disconnects.ts";
import type { Frame } from "../../../src/core/frame.ts";
import { type Payload, sharedBytesMax } from "../../../src/core/payload.ts";
import type { ClientInfo } from "../../../src/core/publication.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import type { Answers } from "./answers.ts";
import { clientInfoOf } from "./leaving.ts";

/** Publishes of a plain client that are refused in a row before it is closed. */
const refusedMax = 3;

/** How publications come in, by command and through the gate. */
export function publishingEffects(ports: ConnectionPorts, answers: Answers) {
  const { rules, publications, counters } = ports;

  const publish = (scope: Scope, { command }: { command: Extract<Command, { method: "publish" }> }) => {
    const { context } = scope;
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
    context.waiting += 1;
    const draft = {
      channel,
      data: command.data,
      info: clientInfoOf(context, subscription),
      exclude: namespace.options.exclude_publisher ? context.socket : null,
      history: namespace.history,
    };
    return publications.send({
      type: "publish",
      draft,
      done: (outcome) => {
        context.waiting -= 1;
        if (outcome.ok) answers.reply(scope, { id, method: "publish" });
        else answers.refuse(scope, id, outcome.error);
      },
    });
  };

  return {
    publish: (scope: Scope, asked: { command: Extract<Command, { method: "publish" }> }) => {
      if (scope.context.socket.dialect === "centrifuge") publish(scope, asked);
      else if (asked.command.data) gateOf(scope)(frameOf(asked.command.data));
    },

    /** A plain client's frames go straight into the Hub; an echo's straight back. */
    openGate: (scope: Scope) => {
      const { socket } = scope.context;
      if (socket.dialect === "plain") socket.openGate(gateOf(scope));
      else if (socket.dialect === "echo") socket.openGate((frame) => socket.send(frame));
    },
  };

  /**
   * The gate of a plain connection: what is the same for all its frames is looked up once. From frame to native publish
   * it costs this function, one event of the Hub's callback actor (0.07 us) and the broker's hand-over.
   */
  function gateOf(scope: Scope): (frame: Frame) => void {
    const { context } = scope;
    const channel = context.home;
    const namespace = rules.resolve(channel)?.namespace;
    const subscription = context.subscriptions.get(channel);
    if (!namespace || !subscription) return () => {};
    const info = clientInfoOf(context, subscription);
    const user = context.identity?.user ?? "";
    const mayPublish = (data: Payload) => rules.mayPublish(channel, { user, subscribed: true, data }) === null;
    const isAlwaysAllowed = namespace.dataFormat === "" && mayPublish({ kind: "text", text: "" });
    let refused = 0;
    const drop = () => {
      counters.dropped += 1;
      refused += 1;
      if (refused === refusedMax) answers.end(scope, disconnects.permissionDenied);
    };
    return (frame) => {
      const data = fromPlain(payloadOf(frame), namespace);
      if (!isAlwaysAllowed && !mayPublish(data)) return drop();
      refused = 0;
      return publications.send({ type: "publish", draft: draftOf({ data, info, namespace, scope }), done: null });
    };
  }
}

function payloadOf(frame: Frame): Payload {
  return typeof frame === "string" ? { kind: "text", text: frame } : { kind: "binary", bytes: frame };
}

function frameOf(data: Payload): Frame {
  if (data.kind === "binary") return data.bytes;
  return data.kind === "text" ? data.text : data.json;
}

interface PlainPublish {
  readonly data: Payload;
  readonly info: ClientInfo;
  readonly namespace: Namespace;
  readonly scope: Scope;
}

/** Bytes that a Centrifuge client's frame could not hold are handed to plain clients alone, and never kept. */
function draftOf({ data, info, namespace, scope }: PlainPublish) {
  const isShared = data.kind !== "binary" || data.bytes.byteLength <= sharedBytesMax;
  const { socket, home } = scope.context;
  return { channel: home, data, info, exclude: socket, history: isShared ? namespace.history : null };
}
