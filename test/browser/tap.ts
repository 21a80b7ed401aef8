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
  const listener = createServer((browser) => {
    const server = connect(Number(port), hostname);
    pairs.set(browser, server);
    browser.pipe(server).pipe(browser);
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
      for (const [browser, server] of pairs) browser.unpipe(server).pause();
    },
    open() {
      for (const [browser, server] of pairs) browser.pipe(server);
    },
    stop() {
      listener.close();
      for (const browser of pairs.keys()) browser.destroy();
    },
  };
}
