import type { Draft } from "../../../src/broker/broker.ts";
import type { PublishCommand } from "../../../src/core/command.ts";
import { type ClientError, errors } from "../../../src/core/errors.ts";
import type { Frame } from "../../../src/core/frame.ts";
import { type Payload, sharedBytesMax } from "../../../src/core/payload.ts";
import { type ConnectionRecord, clientInfoOf } from "../record.ts";
import { type Decision, end, nothing, refuse, type View } from "./decision.ts";
import { askPublish } from "./questions.ts";

/** Publishes in a row in a form that the channel does not take, of a client that cannot read errors, before it is closed. */
const malformedMax = 3;

/** A client publishes; the same past its machine and inside of it. */
export function decidePublish(view: View, command: PublishCommand): readonly Decision[] {
  const { echoesFrames, hasDefaultChannel } = view.connection.socket.capabilities;
  if (echoesFrames) return [{ type: "send back", frame: frameOf(command.data.read()) }];
  return hasDefaultChannel ? decideFrame(view, command.data.read()) : decideCommand(view, command);
}

function decideCommand({ connection, rules }: View, command: PublishCommand): readonly Decision[] {
  const { channel, id, isMapped } = command;
  const { user, subscriptions, socket } = connection;
  const data = command.data.read();
  const subscription = subscriptions.get(channel);
  const asker = { user, subscribed: subscription !== undefined, data, isMapped };
  const refusal = rules.mayPublish(channel, asker);
  const namespace = rules.resolve(channel)?.namespace;
  if (refusal || !namespace) return refusal ? [refuse(id, refusal)] : nothing;
  const draft = draftOf(connection, {
    channel,
    data,
    info: clientInfoOf(connection, subscription),
    exclude: namespace.options.exclude_publisher ? socket : null,
    history: namespace.history,
  });
  // One that no hook decides comes after those that hooks are deciding.
  const isAsked = namespace.hooks.publish || (connection.asked?.running ?? null) !== null;
  return isAsked ? [askPublish({ connection }, draft, id)] : [{ type: "publish", id, draft }];
}

/** A frame of a client that is in its one channel. */
function decideFrame({ connection, rules }: View, frame: Payload): readonly Decision[] {
  const { socket, subscriptions, user } = connection;
  const channel = socket.defaultChannel;
  const subscription = subscriptions.get(channel);
  const namespace = rules.resolve(channel)?.namespace;
  if (!subscription || !namespace) return nothing;
  const data = rules.fromPlain(frame, namespace);
  const error = rules.mayPublish(channel, { user, subscribed: true, data });
  if (error) return refuseFrame({ connection }, error);
  const draft = draftOf(connection, {
    channel,
    data,
    info: clientInfoOf(connection, subscription),
    exclude: socket,
    history: isShared(data) ? namespace.history : null,
  });
  return namespace.hooks.publish ? [askPublish({ connection }, draft, null)] : [{ type: "publish", id: null, draft }];
}

/**
 * A publish of a client that cannot read errors is refused. A right that is missing now is missing for the next frame too,
 * so that the first one ends the connection; the form may be another one then.
 */
export function refuseFrame({ connection }: Pick<View, "connection">, error: ClientError): readonly Decision[] {
  const isForbidden = error.code === errors.permissionDenied.code;
  const isMalformed = error.code === errors.badRequest.code;
  const isLast = isForbidden || (isMalformed && connection.refusedPublishes + 1 >= malformedMax);
  return isLast ? [{ type: "drop", error }, end("publishes.refused")] : [{ type: "drop", error }];
}

/** A draft, with the account that is charged where it is kept. */
function draftOf(
  { account }: Pick<ConnectionRecord, "account">,
  { channel, data, info, exclude, history }: Required<Pick<Draft, "channel" | "data" | "info" | "exclude" | "history">>,
): Draft {
  if (history === null) return { channel, data, info, exclude, history };
  return { channel, data, info, exclude, history, account };
}

/** Bytes that a Centrifuge client's frame could not hold are handed to plain clients alone, and never kept. */
function isShared(data: Payload): boolean {
  return data.kind !== "binary" || data.bytes.byteLength <= sharedBytesMax;
}

function frameOf(data: Payload): Frame {
  if (data.kind === "binary") return data.bytes;
  return data.kind === "text" ? data.text : data.json;
}
