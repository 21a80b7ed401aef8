import { firstSession, type Session, type SessionEffect, type SessionEvent, step } from "./session.ts";

/** Where to connect and as whom. */
interface Destination {
  /** "" leaves the choice to the server. */
  readonly channel: string;
  /** A JWT; "" for none. */
  readonly token: string;
}

export interface ConnectionListeners {
  /** Called after every change. */
  state(session: Session): void;
  text(frame: string): void;
  binary(frame: ArrayBuffer): void;
  /**
   * Asked before each socket is opened, which waits for it. Resolves to the time, in milliseconds, for which a socket must
   * stay open to count as admitted: the protocol has no word for it, and refuses by closing.
   */
  prepare(destination: Destination): Promise<number>;
  /** Asked for each socket that ends before it was open; words for the person, or null. */
  unreachable(): Promise<string | null>;
  /** A socket that was open has ended; `unsent` bytes never left the browser. */
  ended(code: number, unsent: number): void;
}

/** A chat connection that reconnects by itself: the session's effects made real with a WebSocket and a timer. */
export interface ChatConnection {
  connect(destination: Destination): void;
  close(): void;
  /** The socket that is open now; null where there is none. */
  socket(): WebSocket | null;
  /** Whether a connection was ever asked for. */
  wasUsed(): boolean;
}

export function createChatConnection(listeners: ConnectionListeners): ChatConnection {
  let session = firstSession;
  let destination: Destination = { channel: "", token: "" };
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the attempts: what belongs to an older one is given up. */
  let turn = 0;

  const tell = (event: SessionEvent): void => {
    const [next, effects] = step(session, event);
    if (next === session) return;
    session = next;
    for (const effect of effects) carryOut(effect);
    listeners.state(session);
  };

  const carryOut = (effect: SessionEffect): void => {
    switch (effect.type) {
      case "open":
        void openWhenReady();
        break;
      case "close":
        turn += 1;
        socket?.close(1000);
        socket = null;
        break;
      case "startTimer":
        timer = setTimeout(() => tell({ type: "retry.due" }), effect.delayMs);
        break;
      case "stopTimer":
        clearTimeout(timer);
        break;
    }
  };

  const openWhenReady = async (): Promise<void> => {
    turn += 1;
    const own = turn;
    const settleMs = await listeners.prepare(destination);
    if (own !== turn) return;
    const opened = openSocket(destination);
    socket = opened;
    followSocket(opened, {
      listeners,
      settleMs,
      tell,
      isCurrent: () => opened === socket,
      ended: () => {
        socket = null;
      },
    });
  };

  window.addEventListener("online", () => tell({ type: "network.back" }));

  return {
    connect(to) {
      destination = to;
      tell({ type: "person.connect" });
    },
    close: () => tell({ type: "person.close" }),
    socket: () => (session.at === "open" ? socket : null),
    wasUsed: () => session !== firstSession,
  };
}

function openSocket({ channel, token }: Destination): WebSocket {
  const opened = new WebSocket(address(channel), protocols(token));
  opened.binaryType = "arraybuffer";
  return opened;
}

/** What a socket belongs to. */
interface SocketOwner {
  readonly listeners: ConnectionListeners;
  readonly settleMs: number;
  tell(event: SessionEvent): void;
  /** A socket that was given up may still have events; only the present one is listened to. */
  isCurrent(): boolean;
  /** The socket is closed. */
  ended(): void;
}

function followSocket(socket: WebSocket, { listeners, settleMs, tell, isCurrent, ended }: SocketOwner): void {
  const listen = <Type extends keyof WebSocketEventMap>(type: Type, act: (event: WebSocketEventMap[Type]) => void) =>
    socket.addEventListener(type, (event) => {
      if (isCurrent()) act(event);
    });
  /** Frames that came before the socket counted as admitted; null since then. */
  let waiting: unknown[] | null = [];
  let wasOpen = false;
  const take = (data: unknown): void => {
    if (typeof data === "string") listeners.text(data);
    else if (data instanceof ArrayBuffer) listeners.binary(data);
  };
  listen("open", async () => {
    wasOpen = true;
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    if (!isCurrent()) return;
    tell({ type: "socket.opened", now: performance.now() });
    for (const data of waiting ?? []) take(data);
    waiting = null;
  });
  listen("message", ({ data }) => {
    if (waiting === null) take(data);
    else waiting.push(data);
  });
  listen("close", async ({ code, reason }) => {
    if (wasOpen) listeners.ended(code, socket.bufferedAmount);
    const words = wasOpen ? null : await listeners.unreachable();
    if (!isCurrent()) return;
    ended();
    tell({ type: "socket.closed", code, reason, words, now: performance.now(), random: Math.random() });
  });
}

function address(channel: string): URL {
  const url = new URL("ws", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (channel !== "") url.searchParams.set("channel", channel);
  return url;
}

/** A token travels as a subprotocol: in the address it would end up in logs and histories. */
function protocols(token: string): string[] {
  return token === "" ? [] : ["chorus", `bearer.${token}`];
}
