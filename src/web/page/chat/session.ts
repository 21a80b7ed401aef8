import { backoffMs } from "./backoff.ts";
import { closeWords, isTerminal } from "./closes.ts";

/**
 * The life of a chat connection as a pure function: state and event in, state and effects out. Sockets, timers and words
 * on the screen belong to those who carry the effects out.
 */
export type Session =
  /** There is no connection and none is tried: none was asked for yet, or it was ended for good. */
  | {
      readonly at: "closed";
      readonly by: "nobody" | "person" | "server";
      readonly words: string;
      readonly code?: number;
    }
  /** A socket is on its way; `attempt` counts the failures in a row. */
  | { readonly at: "connecting"; readonly attempt: number }
  /** `since` in monotonic milliseconds. */
  | { readonly at: "open"; readonly attempt: number; readonly since: number }
  /** The connection is gone and a timer runs to the next attempt. */
  | { readonly at: "waiting"; readonly attempt: number; readonly words: string; readonly delayMs: number };

export type SessionEvent =
  | { readonly type: "person.connect" }
  | { readonly type: "person.close" }
  | { readonly type: "socket.opened"; readonly now: number }
  /** `random` in [0, 1) is the jitter. */
  | {
      readonly type: "socket.closed";
      readonly code: number;
      readonly reason: string;
      /** What is known beyond code and reason, for the person; null where nothing is. */
      readonly words: string | null;
      readonly now: number;
      readonly random: number;
    }
  | { readonly type: "retry.due" }
  /** The device is back on the network: waiting on would be waiting for nothing. */
  | { readonly type: "network.back" };

export type SessionEffect =
  /** Make a socket; whatever the one before it still says is not listened to. */
  | { readonly type: "open" }
  /** Close the socket with 1000 and listen to it no more. */
  | { readonly type: "close" }
  | { readonly type: "startTimer"; readonly delayMs: number }
  | { readonly type: "stopTimer" };

export type Step = readonly [Session, readonly SessionEffect[]];

export const firstSession: Session = {
  at: "closed",
  by: "nobody",
  words: "Not connected. Press Connect to join the channel.",
};

/**
 * A connection that held for this long, in milliseconds, was a good one: the next failure counts as the first again. A
 * server that accepts and closes at once must not be asked several times a second.
 */
const steadyMs = 5_000;

export function step(session: Session, event: SessionEvent): Step {
  switch (event.type) {
    case "person.connect":
      return connectByPerson(session);
    case "person.close":
      return closeByPerson(session);
    case "socket.opened":
      if (session.at !== "connecting") return [session, []];
      return [{ at: "open", attempt: session.attempt, since: event.now }, []];
    case "socket.closed":
      return afterClose(session, event);
    case "retry.due":
      return session.at === "waiting" ? retry(session, []) : [session, []];
    case "network.back":
      return session.at === "waiting" ? retry(session, [{ type: "stopTimer" }]) : [session, []];
  }
}

/** Also ends a wait: what a person asks for now need not wait, and may be another channel or token. */
function connectByPerson(session: Session): Step {
  const connecting: Session = { at: "connecting", attempt: 0 };
  switch (session.at) {
    case "closed":
      return [connecting, [{ type: "open" }]];
    case "waiting":
      return [connecting, [{ type: "stopTimer" }, { type: "open" }]];
    case "connecting":
    case "open":
      return [session, []];
  }
}

function closeByPerson(session: Session): Step {
  const closed: Session = { at: "closed", by: "person", words: "You closed the connection." };
  switch (session.at) {
    case "closed":
      return [session, []];
    case "waiting":
      return [closed, [{ type: "stopTimer" }]];
    case "connecting":
    case "open":
      return [closed, [{ type: "close" }]];
  }
}

function afterClose(session: Session, event: SessionEvent & { type: "socket.closed" }): Step {
  if (session.at !== "connecting" && session.at !== "open") return [session, []];
  const words = event.words ?? closeWords(event.code, event.reason);
  if (isTerminal(event.code)) return [{ at: "closed", by: "server", words, code: event.code }, []];
  const wasSteady = session.at === "open" && event.now - session.since >= steadyMs;
  const attempt = wasSteady ? 0 : session.attempt;
  const delayMs = backoffMs(attempt, event.random);
  return [{ at: "waiting", attempt, words, delayMs }, [{ type: "startTimer", delayMs }]];
}

function retry(session: Session & { at: "waiting" }, before: readonly SessionEffect[]): Step {
  return [{ at: "connecting", attempt: session.attempt + 1 }, [...before, { type: "open" }]];
}
