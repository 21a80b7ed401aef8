import * as v from "valibot";
import type { Published } from "../channels/publication-words.ts";

/** What the server said to a connection of the Centrifuge protocol in the place of the plain one, which answers nothing. */
export interface Admission {
  /** `unknown`: the protocol is not served, or did not answer in time. */
  readonly outcome: "admitted" | "refused" | "unknown";
  /** What the channel keeps, the oldest first; empty where it keeps nothing or does not show it. */
  readonly history: readonly Published[];
}

/** Where and as whom to ask. */
export interface AdmissionRequest {
  readonly channel: string;
  readonly token: string;
  /** Whether the channel may be joined for a moment, where only its subscribers may read the history. */
  readonly mayJoin: boolean;
}

/** Publications that are asked for. */
const historyLimit = 50;
/** How long the answer is waited for, in milliseconds: as long as a key set of the server may take. */
const timeoutMs = 4_000;
/** The permission is missing (Centrifuge protocol). */
const permissionDenied = 103;

const replySchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    id: v.optional(v.number(), 0),
    error: v.optional(v.object({ code: v.number() })),
    history: v.optional(
      v.object({
        publications: v.optional(
          v.array(v.object({ data: v.unknown(), tags: v.optional(v.record(v.string(), v.string())) })),
          [],
        ),
      }),
    ),
  }),
);

type Reply = v.InferOutput<typeof replySchema>;

/** Commands by their ids. */
const ids = { connect: 1, history: 2, subscribe: 3, historyAsSubscriber: 4 } as const;

/**
 * Asks whether the same credentials are admitted, and for the history of the channel. The plain protocol answers neither:
 * its socket opens before the token is verified. Never rejects; the connection is closed when it is answered.
 */
export function askAdmission(request: AdmissionRequest): Promise<Admission> {
  const { promise, resolve } = Promise.withResolvers<Admission>();
  const socket = new WebSocket(address());
  let outcome: Admission["outcome"] = "unknown";
  let history: readonly Published[] = [];
  const timer = setTimeout(() => socket.close(1000), timeoutMs);
  const send = (...commands: object[]): void => socket.send(commands.map((each) => JSON.stringify(each)).join("\n"));
  const query = { channel: request.channel, limit: historyLimit, reverse: true };

  /** Takes a reply; returns whether another one is to come. */
  const take = ({ id, error, history: answer }: Reply): boolean => {
    if (id === ids.connect) {
      outcome = error === undefined ? "admitted" : "refused";
      return error === undefined && request.channel !== "";
    }
    if (id === ids.history && error?.code === permissionDenied && request.mayJoin) {
      send({ id: ids.subscribe, subscribe: { channel: request.channel } });
      send({ id: ids.historyAsSubscriber, history: query });
      return true;
    }
    history = (answer?.publications ?? []).toReversed();
    return id !== ids.history && id !== ids.historyAsSubscriber;
  };

  socket.addEventListener("open", () => {
    const connect = { id: ids.connect, connect: request.token === "" ? {} : { token: request.token } };
    send(connect);
    if (request.channel !== "") send({ id: ids.history, history: query });
  });
  socket.addEventListener("message", ({ data }) => {
    for (const line of String(data).split("\n")) {
      const reply = v.safeParse(replySchema, line);
      if (reply.success && !take(reply.output)) socket.close(1000);
    }
  });
  // Resolves when the server has seen the end: it may allow one connection of a user.
  socket.addEventListener("close", ({ code }) => {
    clearTimeout(timer);
    if (code >= 3000) outcome = "refused";
    resolve({ outcome, history });
  });
  return promise;
}

function address(): URL {
  const url = new URL("/connection/websocket", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url;
}
