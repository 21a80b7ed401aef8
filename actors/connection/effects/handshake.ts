import type { ConnectCommand } from "../../../src/core/command.ts";
import { anonymous, type Identity } from "../../../src/core/identity.ts";
import type { Refusal } from "../events.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import { armDeadline } from "./deadlines.ts";

/** Who may come in: credentials are looked at, and the Hub is asked. */
export function handshakeEffects(ports: ConnectionPorts) {
  const { options, authenticator, clock } = ports;

  const accept = ({ self }: Scope, identity: Identity) => self.send({ type: "auth.accepted", identity });
  const refuse = ({ self }: Scope, id: number, refusal: Refusal) => self.send({ type: "auth.refused", id, refusal });

  /** What a valid token is still refused for. */
  const faultOf = (identity: Identity): Refusal | null => {
    if (identity.user === "" && options.disallowAnonymousTokens) return "anonymous";
    const isPast = identity.expireAt !== null && identity.expireAt * 1000 <= clock.wall();
    return isPast && !options.insecure ? "passed" : null;
  };

  const verify = async (scope: Scope, { id, token }: ConnectCommand) => {
    const verdict = authenticator ? await authenticator.connection(token) : null;
    if (!verdict?.ok) return refuse(scope, id, verdict?.refusal ?? "invalid");
    const fault = faultOf(verdict.claims);
    if (fault) return refuse(scope, id, fault);
    return accept(scope, options.insecure ? { ...verdict.claims, expireAt: null } : verdict.claims);
  };

  return {
    setHandshakeDeadline: (scope: Scope) => armDeadline(ports, scope, "handshake", options.handshakeTimeout),

    authenticate: (scope: Scope, { command }: { command: ConnectCommand }) => {
      const isOpen = options.allowAnonymous || options.insecure || scope.context.socket.dialect === "echo";
      if (command.token !== "") void verify(scope, command);
      else if (isOpen) accept(scope, anonymous);
      else refuse(scope, command.id, "missing");
    },

    identify: ({ context }: Scope) => {
      context.hub.send({ type: "connection.identified", id: context.id, user: context.identity?.user ?? "" });
    },
  };
}
