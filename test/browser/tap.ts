import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to the server that can be closed: nothing of what the browser sends goes through until it is opened again. */
export interface Tap {
  /** The same server behind another port. */
  readonly url: string;
  close(): void;
  open(): void;
  stop(): void;
}

/** Copies bytes between browsers and the server at `url`, both on this machine. */
export async function openTap(url: string): Promise<Tap> {
  const { hostname, port } = new URL(url);
  const pairs = new Map<Socket, Socket>();
  let isOpen = true;
  const listener = createServer((browser) => {
    const server = connect(Number(port), hostname);
    pairs.set(browser, server);
    server.pipe(browser);
    // By hand and not by a pipe: one that is taken away lets what comes flow on into nothing when the server drains.
    browser.on("data", (bytes) => server.write(bytes) || browser.pause());
    server.on("drain", () => isOpen && browser.resume());
    // One side that ends, or breaks, takes the other with it.
    for (const [one, other] of [
      [browser, server],
      [server, browser],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        pairs.delete(browser);
        other.destroy();
      });
    }
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close() {
      isOpen = false;
      for (const browser of pairs.keys()) browser.pause();
    },
    open() {
      isOpen = true;
      for (const browser of pairs.keys()) browser.resume();
    },
    stop() {
      listener.close();
      for (const browser of pairs.keys()) browser.destroy();
    },
  };
}
