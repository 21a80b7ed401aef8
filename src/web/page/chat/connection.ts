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
}

/** A chat connection that comes back by itself: the session's effects made real with a WebSocket and a timer. */
export interface ChatConnection {
  connect(destination: Destination): void;
  close(): void;
  /** The socket that is open now; null where there is none. */
  socket(): WebSocket | null;
}

export function createChatConnection(listeners: ConnectionListeners): ChatConnection {
  let session = firstSession;
  let destination: Destination = { channel: "", token: "" };
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

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
        socket = openSocket();
        break;
      case "close":
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

  const openSocket = (): WebSocket => {
    const opened = new WebSocket(address(destination.channel), protocols(destination.token));
    opened.binaryType = "arraybuffer";
    // A socket that was given up may still speak; only the present one is listened to.
    const listen = <Type extends keyof WebSocketEventMap>(type: Type, act: (event: WebSocketEventMap[Type]) => void) =>
      opened.addEventListener(type, (event) => {
        if (opened === socket) act(event);
      });
    listen("open", () => tell({ type: "socket.opened", now: performance.now() }));
    listen("message", ({ data }) => {
      if (typeof data === "string") listeners.text(data);
      else if (data instanceof ArrayBuffer) listeners.binary(data);
    });
    listen("close", ({ code, reason }) => {
      socket = null;
      tell({ type: "socket.closed", code, reason, now: performance.now(), random: Math.random() });
    });
    return opened;
  };

  window.addEventListener("online", () => tell({ type: "network.back" }));

  return {
    connect(to) {
      destination = to;
      tell({ type: "person.connect" });
    },
    close: () => tell({ type: "person.close" }),
    socket: () => (session.at === "open" ? socket : null),
  };
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
