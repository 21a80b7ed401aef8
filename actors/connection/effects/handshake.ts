import type { Verdict } from "../../../src/auth/authenticator.ts";
import type { ConnectCommand } from "../../../src/core/command.ts";
import { anonymous, type Identity } from "../../../src/core/identity.ts";
import type { Refusal } from "../events.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import { subscriptionsOf } from "./connecting.ts";
import { armDeadline } from "./deadlines.ts";
import { isPast } from "./subscribing.ts";
import { createVerification } from "./verification.ts";

/** Who may come in: credentials are looked at, and the Hub is asked. */
export function handshakeEffects(ports: ConnectionPorts) {
  const { options, rules, hub } = ports;
  const verification = createVerification(ports);

  const accept = ({ self }: Scope, identity: Identity, connect: ConnectCommand) =>
    self.send({ type: "auth.accepted", identity, connect });
  const refuse = ({ self }: Scope, id: number, refusal: Refusal) => self.send({ type: "auth.refused", id, refusal });

  /** What a valid token is still refused for. */
  const tokenFault = (identity: Identity): Refusal | null => {
    if (identity.user === "" && options.disallowAnonymousTokens) return "anonymous";
    return isPast(identity, ports) && !options.insecure ? "passed" : null;
  };

  /** What is wrong with the channels that a connection would have from the start. */
  const channelFault = (identity: Identity, connect: ConnectCommand): Refusal | null => {
    const names = [...identity.subscriptions.map(({ channel }) => channel), ...connect.subs.keys()];
    if (names.some((channel) => rules.nameFault(channel) !== null)) return "bad channel";
    const isKnown = (channel: string) => rules.resolve(channel) !== null;
    if (!identity.subscriptions.every(({ channel }) => isKnown(channel))) return "unknown channel";
    if (![...connect.subs.keys()].every(isKnown)) return "missing";
    const { length } = subscriptionsOf(ports, { identity, connect });
    return length > options.channelLimit ? "too many channels" : null;
  };

  const admit = (scope: Scope, command: ConnectCommand, identity: Identity) => {
    const fault = channelFault(identity, command);
    if (fault) refuse(scope, command.id, fault);
    else accept(scope, identity, command);
  };

  const judge = (scope: Scope, command: ConnectCommand, verdict: Verdict<Identity>) => {
    const { id } = command;
    if (!verdict.ok) return refuse(scope, id, verdict.error);
    const fault = tokenFault(verdict.value);
    if (fault) return refuse(scope, id, fault);
    return admit(scope, command, options.insecure ? { ...verdict.value, expireAt: null } : verdict.value);
  };

  return {
    setHandshakeDeadline: (scope: Scope) => armDeadline(ports, scope, "handshake", options.handshakeTimeout),

    authenticate: (scope: Scope, { command }: { command: ConnectCommand }) => {
      const isOpen = options.allowAnonymous || options.insecure || scope.context.socket.capabilities.admitsAnonymous;
      if (command.token !== null)
        verification.connection(scope, command.token, (verdict) => judge(scope, command, verdict));
      else if (isOpen) admit(scope, command, anonymous);
      else refuse(scope, command.id, "missing");
    },

    identify: ({ context }: Scope) => {
      hub.send({ type: "connection.identified", id: context.socket.id, user: context.identity?.user ?? "" });
    },
  };
}
