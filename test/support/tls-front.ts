import type { Socket, TCPSocketListener } from "bun";
import { nameCertificate, nameKey } from "./certificate.ts";

interface Side {
  other: Socket<Side> | null;
  /** What cannot be written yet. */
  waiting: Uint8Array[];
}

/** A place in front of a server on the loopback that ends TLS, and asks for a certificate. */
export class TlsFront implements Disposable {
  readonly port: number;
  readonly #listener: TCPSocketListener<Side>;

  /** `to`: the port of the server. */
  constructor(to: number) {
    this.#listener = Bun.listen<Side>({
      hostname: "127.0.0.1",
      port: 0,
      tls: { cert: nameCertificate, key: nameKey, ca: nameCertificate, requestCert: true, rejectUnauthorized: true },
      socket: {
        open: (client) => {
          client.data = { other: null, waiting: [] };
          void open(client, to);
        },
        data: ({ data }, bytes) => {
          data.waiting.push(Uint8Array.from(bytes));
          pass(data);
        },
        close: ({ data }) => void data.other?.end(),
      },
    });
    this.port = this.#listener.port;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

async function open(client: Socket<Side>, port: number): Promise<void> {
  const server = await Bun.connect<Side>({
    hostname: "127.0.0.1",
    port,
    data: { other: client, waiting: [] },
    socket: {
      data: ({ data }, bytes) => {
        data.waiting.push(Uint8Array.from(bytes));
        pass(data);
      },
      close: () => void client.end(),
    },
  }).catch(() => null);
  client.data.other = server;
  if (server === null) client.end();
  else pass(client.data);
}

/** Tests send less than a socket takes at once. */
function pass(side: Side): void {
  if (side.other === null) return;
  for (const bytes of side.waiting.splice(0)) side.other.write(bytes);
}
