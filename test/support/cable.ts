import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** The two ends of one connection through the cable. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/**
 * A TCP line between clients and a server that a test can cut: it passes on bytes as they are. Clients are given its
 * `url` instead of the server's.
 */
export class Cable implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #target: URL;
  #isUnplugged = false;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
    server.on("connection", (near) => this.#join(near));
  }

  /** Lays a cable to the host and port of `url`. */
  static async to(url: string): Promise<Cable> {
    const server = createServer();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    return new Cable(server, new URL(url));
  }

  /** `ws://127.0.0.1:54321` */
  get url(): string {
    // A server that listens on a port has an address with one.
    const { port } = this.#server.address() as AddressInfo;
    return `ws://127.0.0.1:${port}`;
  }

  /** Connections that pass through it now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Cuts what is there and lets nothing new through, until it is plugged in again. */
  unplug(): void {
    this.#isUnplugged = true;
    this.cut();
  }

  /** Lets clients through again, where a url is given to another server. */
  plug(url?: string): void {
    if (url !== undefined) this.#target = new URL(url);
    this.#isUnplugged = false;
  }

  /** Cuts every connection, both ends without a word; the next ones pass. */
  cut(): void {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** Passes on nothing more, in either direction, and closes nothing: nobody is told that the line is dead. */
  stall(): void {
    for (const { near, far } of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
      near.pause();
      far.pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.unplug();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  #join(near: Socket): void {
    near.on("error", () => {});
    if (this.#isUnplugged) {
      near.destroy();
      return;
    }
    const far = connect({ host: this.#target.hostname, port: Number(this.#target.port) });
    const pair: Pair = { near, far };
    this.#pairs.add(pair);
    far.on("error", () => near.destroy());
    near.on("close", () => {
      this.#pairs.delete(pair);
      far.destroy();
    });
    far.on("close", () => near.destroy());
    near.setNoDelay(true);
    far.setNoDelay(true);
    near.pipe(far);
    far.pipe(near);
  }
}
