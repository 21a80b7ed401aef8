import { closeLabel, countIn } from "../../../src/metrics/counters.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";
import type { Answers } from "./answers.ts";
import { armDeadline, disarmAll } from "./deadlines.ts";
import { leaveChannel } from "./leaving.ts";

/** How a connection ends: it hears nothing more, what is queued goes out, then the socket closes. */
export function endingEffects(ports: ConnectionPorts, { settle }: Pick<Answers, "settle">) {
  const { log, counters, options } = ports;
  return {
    /** What the client has published is accepted: it is committed and answered before the end. */
    settle,
    /** Leaves every channel at once, so that nothing can follow a gap; the others are told when the connection closes. */
    detachAll: ({ context }: Scope) => {
      for (const channel of context.subscriptions.keys()) context.socket.receiver?.detach(channel);
    },
    setFlushDeadline: (scope: Scope) => armDeadline(ports, scope, "flush", options.flushTimeout),
    isFlushed: ({ context }: Pick<Scope, "context">): boolean => context.socket.unsent() === 0,
    closeGate: ({ context }: Scope) => context.socket.closeGate(),
    closeSocket: ({ context }: Scope) => context.socket.close(context.disconnect),
    depart: (scope: Scope) => {
      for (const channel of scope.context.subscriptions.keys()) leaveChannel(ports, scope, channel);
    },
    cancelDeadlines: (scope: Scope) => disarmAll(ports, scope),
    reportClosed: ({ context }: Scope) => {
      const { code, reason } = context.disconnect;
      countIn(counters.closed, closeLabel(code));
      const { id, address } = context.socket;
      const user = context.identity?.user ?? "";
      log.info("connection.closed", { connection: id, user, address, code, reason });
    },
  };
}
