import type { Command } from "../../../src/core/command.ts";
import { errors } from "../../../src/core/errors.ts";
import { noData, type Payload } from "../../../src/core/payload.ts";
import type { SealedPayload } from "../../../src/core/sealed.ts";
import type { TokenVerified } from "../events.ts";
import type { Holdable } from "../held.ts";
import type { Pending } from "../pending.ts";
import { decideConnectVerdict } from "./connect.ts";
import { type Decision, end, nothing, refuse, type View } from "./decision.ts";
import { decidePong } from "./heartbeat.ts";
import { acknowledgeMethod, decideAcknowledge } from "./inbox.ts";
import { decidePublish } from "./publish.ts";
import { decideHistory, decidePresence } from "./queries.ts";
import { decideRefresh, decideRefreshVerdict, decideSubRefresh, decideSubRefreshVerdict } from "./refresh.ts";
import { decideServerCommand } from "./server-commands.ts";
import { decideSubscribe, decideSubscribeVerdict, decideUnsubscribe } from "./subscribe.ts";

/** What follows from something that a client has sent or a back end orders, on a connection that was let in. */
export function decide(view: View, event: Holdable, isWithinRate: boolean): readonly Decision[] {
  switch (event.type) {
    case "hub.subscribe":
    case "hub.unsubscribe":
    case "hub.refresh":
    case "hub.message":
      return decideServerCommand(view, event);
    case "subscription.granted":
      return [{ type: "join", joining: event.joining }];
    case "client.limited":
      return [refuse(event.id, errors.tooManyRequests)];
    case "client.malformed":
      return [end("frame.malformed")];
    default:
      return decideCommand(view, event.command, isWithinRate);
  }
}

function decideCommand(view: View, command: Command, isWithinRate: boolean): readonly Decision[] {
  switch (command.method) {
    case "connect":
      return [end("command.unexpected")];
    case "subscribe":
      return decideSubscribe(view, command, isWithinRate);
    case "unsubscribe":
      return decideUnsubscribe(view, command.id, command.channel);
    case "publish":
      return decidePublish(view, command);
    case "presence":
    case "presence_stats":
      return decidePresence(view, command);
    case "history":
      return decideHistory(view, command);
    case "rpc":
      if (command.name === acknowledgeMethod) return decideAcknowledge(view, command.id, payloadIn(command.data));
      return view.hooks
        ? [{ type: "call", id: command.id, method: command.name, data: payloadIn(command.data) }]
        : [refuse(command.id, errors.notAvailable)];
    case "send":
      return view.hooks ? [{ type: "tell", data: payloadIn(command.data) }] : [end("command.unavailable")];
    case "refresh":
      // The server asks at the expiry, and the client knows of none.
      if (view.connection.options.hooks?.ownsExpiry) return [end("command.unexpected")];
      return decideRefresh(command.id, command.token);
    case "sub_refresh":
      return decideSubRefresh(view, command);
    case "pong":
      return view.connection.pingedAt === 0 ? [end("command.unexpected")] : decidePong();
  }
}

function payloadIn(data: SealedPayload | null): Payload {
  return data?.read() ?? noData;
}

/** What follows from the verdict on a token. A verdict for another purpose than the pending one is none. */
export function decideVerdict(view: View, pending: Pending | null, event: TokenVerified): readonly Decision[] {
  switch (pending?.for) {
    case "connect":
      return event.purpose === "connect" ? decideConnectVerdict(view, pending.command, event.verdict) : nothing;
    case "refresh":
      return event.purpose === "refresh" ? decideRefreshVerdict(view, pending.id, event.verdict) : nothing;
    case "subscribe":
      return event.purpose === "subscribe" ? decideSubscribeVerdict(view, pending, event.verdict) : nothing;
    case "sub_refresh":
      return event.purpose === "sub_refresh" ? decideSubRefreshVerdict(view, pending, event.verdict) : nothing;
    default:
      return nothing;
  }
}
