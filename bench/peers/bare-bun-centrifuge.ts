// What the Centrifuge rows are measured against: a bare Bun server that parses each command and publishes the push
// frame that a Centrifuge server would, with no check of anything.

interface Client {
  readonly id: string;
}

interface Command {
  readonly id: number;
  readonly connect?: object;
  readonly subscribe?: { readonly channel: string };
  readonly publish?: { readonly channel: string; readonly data: unknown };
}

const server = Bun.serve<Client>({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    if (server.upgrade(request, { data: { id: crypto.randomUUID() } })) return undefined;
    return new Response("this is a WebSocket endpoint\n", { status: 426 });
  },
  websocket: {
    idleTimeout: 0,
    // Bun drops published messages in silence under any other value.
    backpressureLimit: 0,
    message(socket, frame) {
      for (const line of String(frame).split("\n")) run(socket, JSON.parse(line));
    },
  },
});

function run(socket: Bun.ServerWebSocket<Client>, { id, connect, subscribe, publish }: Command): void {
  if (publish) {
    const { channel, data } = publish;
    const push = { channel, pub: { data, info: { user: "", client: socket.data.id } } };
    server.publish(channel, JSON.stringify({ push }));
    socket.send(`{"id":${id},"publish":{}}`);
  } else if (subscribe) {
    socket.subscribe(subscribe.channel);
    socket.send(`{"id":${id},"subscribe":{}}`);
  } else if (connect) {
    socket.send(JSON.stringify({ id, connect: { client: socket.data.id, version: "0", ping: 25, pong: true } }));
  }
}

console.log(`listening ${server.port}`);
