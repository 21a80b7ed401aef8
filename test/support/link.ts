import type { Socket } from "bun";

interface Side {
  /** The other socket; null until it is open. */
  peer: Socket<Side> | null;
  early: Uint8Array[];
  /** What a slow network has on its way to this side, each with the time when it arrives. */
  late: { readonly bytes: Uint8Array; readonly dueAt: number }[];
}

/** A TCP proxy on the loopback whose network can fail. */
export class Link implements Disposable {
  readonly port: number;
  /** Nothing passes in either direction, and nothing is closed. */
  isBlackHole = false;
  /** Milliseconds that everything is on its way. */
  delayMs = 0;
  /** What the server answers is dropped, after it has executed. */
  dropsAnswers = false;
  readonly #listener;
  readonly #sockets = new Set<Socket<Side>>();

  /** `to`: the port of the server. */
  constructor(to: number) {
    this.#listener = Bun.listen<Side>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open: (client) => {
          client.data = { peer: null, early: [], late: [] };
          this.#sockets.add(client);
          void this.#connect(client, to);
        },
        data: (client, bytes) => {
          if (this.isBlackHole) return;
          if (client.data.peer) this.#pass(client.data.peer, bytes);
          else client.data.early.push(Uint8Array.from(bytes));
        },
        close: (client) => this.#closed(client),
        error: (client) => this.#closed(client),
      },
    });
    this.port = this.#listener.port;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of [...this.#sockets]) socket.terminate();
  }

  [Symbol.dispose](): void {
    this.cut();
    this.#listener.stop(true);
  }

  async #connect(client: Socket<Side>, port: number): Promise<void> {
    try {
      await Bun.connect<Side>({
        hostname: "127.0.0.1",
        port,
        data: { peer: client, early: [], late: [] },
        socket: {
          open: (server) => {
            this.#sockets.add(server);
            client.data.peer = server;
            for (const bytes of client.data.early) server.write(bytes);
          },
          data: (_, bytes) => {
            if (!this.isBlackHole && !this.dropsAnswers) this.#pass(client, bytes);
          },
          close: (server) => this.#closed(server),
          error: (server) => this.#closed(server),
        },
      });
    } catch {
      client.terminate();
    }
  }

  /** Nothing overtakes what is still on its way. */
  #pass(to: Socket<Side>, bytes: Uint8Array): void {
    const { late } = to.data;
    if (this.delayMs === 0 && late.length === 0) {
      to.write(bytes);
      return;
    }
    const now = performance.now();
    const dueAt = Math.max(now + this.delayMs, late.at(-1)?.dueAt ?? 0);
    late.push({ bytes: Uint8Array.from(bytes), dueAt });
    setTimeout(
      () => {
        while (late[0] && late[0].dueAt <= performance.now()) to.write(late.shift()?.bytes ?? new Uint8Array());
      },
      dueAt - now + 1,
    );
  }

  #closed(socket: Socket<Side>): void {
    if (!this.#sockets.delete(socket)) return;
    socket.data.peer?.terminate();
  }
}
