import type { Heartbeat } from "../../../src/core/capabilities.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import { armDeadline, disarmDeadline } from "./deadlines.ts";

/** How a connection is kept alive, and found dead. */
export function heartbeatEffects(ports: ConnectionPorts) {
  const { clock, random } = ports;
  const heartbeatOf = ({ context }: Scope): Heartbeat => context.socket.heartbeat;

  return {
    /** The first ping comes in the second half of an interval, by chance, so that a thousand clients do not pong at once. */
    startHeartbeat: (scope: Scope) => {
      disarmDeadline(ports, scope, "handshake");
      const { interval } = heartbeatOf(scope);
      if (interval > 0) armDeadline(ports, scope, "ping", interval * (0.5 + random.float() / 2));
    },

    ping: (scope: Scope) => {
      const { context } = scope;
      const { interval, timeout } = heartbeatOf(scope);
      context.socket.ping();
      armDeadline(ports, scope, "ping", interval);
      if (timeout === 0 || (context.socket.pingedAt !== 0 && !hasAnswered(scope))) return;
      context.socket.pingedAt = clock.monotonic();
      armDeadline(ports, scope, "pong", timeout);
    },

    notePong: (scope: Scope) => {
      scope.context.socket.pingedAt = 0;
      disarmDeadline(ports, scope, "pong");
    },

    /** Not dead: it was heard, or still has to take what lies before the ping. In the latter case it gets its time anew. */
    awaitPong: (scope: Scope) => {
      const { context } = scope;
      if (hasAnswered(scope)) context.socket.pingedAt = 0;
      else armDeadline(ports, scope, "pong", heartbeatOf(scope).timeout);
    },

    isSilent: (scope: Pick<Scope, "context">): boolean => !hasAnswered(scope) && scope.context.socket.unsent() === 0,
  };
}

/**
 * A native pong reaches no actor: the socket remembers when it last heard anything, and any frame is a sign of life. In
 * a protocol with pings of its own nothing but its pong is one, and that has cleared `pingedAt`.
 */
function hasAnswered({ context }: Pick<Scope, "context">): boolean {
  return context.socket.capabilities.hasNativePing && context.socket.lastHeard() > context.socket.pingedAt;
}
