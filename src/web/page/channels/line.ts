/**
 * The network between the client and the server, with a switch in it: a person can cut it to see what recovery brings
 * back. To the client it looks as if the device went offline and came back, which is the honest test: the client's own
 * `disconnect` would say goodbye first.
 */
export interface Line {
  /** For the client's `websocket` option: a WebSocket that does not come up while the line is cut. */
  readonly webSocket: typeof WebSocket;
  /** For the client's `networkEventTarget` option: receives `offline` and `online`. */
  readonly network: EventTarget;
  cut(): void;
  mend(): void;
  isCut(): boolean;
}

export function createLine(): Line {
  const network = new EventTarget();
  let isCut = false;
  // What the device itself says of its network counts as well, as long as it is not overruled.
  for (const type of ["offline", "online"]) {
    window.addEventListener(type, () => isCut || network.dispatchEvent(new Event(type)));
  }
  return {
    webSocket: class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        if (isCut) this.close();
      }
    },
    network,
    cut() {
      isCut = true;
      network.dispatchEvent(new Event("offline"));
    },
    mend() {
      isCut = false;
      network.dispatchEvent(new Event("online"));
    },
    isCut: () => isCut,
  };
}
