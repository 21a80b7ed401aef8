import type { Disconnect } from "../../../src/core/disconnects.ts";
import type { ClientError } from "../../../src/core/errors.ts";
import type { Push, Reply } from "../../../src/core/reply.ts";
import type { Seconds } from "../../../src/core/time.ts";
import type { ConnectionPorts, Scope } from "../ports.ts";

/** How a connection speaks to its own client. */
export interface Answers {
  /** Sends the answer to a command, where the protocol tells its clients. */
  reply(scope: Scope, reply: Reply): void;
  /** Answers a command with an error. */
  refuse(scope: Scope, id: number, error: ClientError): void;
  push(scope: Scope, push: Push): void;
  /** Ends the connection, after everything that was said so far. */
  end(scope: Scope, disconnect: Disconnect): void;
  /**
   * Answers the publishes of this connection that still wait for their commit: replies of one connection never
   * overtake each other, so whoever answers anything else says this first.
   */
  settle(scope: Scope): void;
}

/** Made once per server. */
export function createAnswers({ broker }: Pick<ConnectionPorts, "broker">): Answers {
  const reply = ({ context }: Scope, answer: Reply) => context.socket.reply(answer);
  return {
    reply,
    refuse: (scope, id, error) => reply(scope, { id, method: "error", error }),
    push: ({ context }, push) => context.socket.push(push),
    end: ({ self }, disconnect) => self.send({ type: "rule.broken", disconnect }),
    settle: ({ context }) => {
      if (context.socket.unanswered > 0) broker.flush();
    },
  };
}

/**
 * Seconds from now until a time in seconds since 1970, at most a year: clients wait with 32-bit timers. Counted in
 * whole seconds as Centrifugo does, so that a token made a moment ago for sixty seconds has sixty left.
 */
export function ttlUntil(expireAt: Seconds | null, wall: number): number | null {
  return expireAt === null ? null : Math.min(Math.max(expireAt - Math.floor(wall / 1000), 0), ttlMax);
}

const ttlMax = 31_536_000;
