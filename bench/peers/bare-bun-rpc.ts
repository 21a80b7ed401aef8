// What calls are measured against: a bare Bun server that parses each command and answers it, with no check of anything.

interface Command {
  readonly id: number;
  readonly rpc?: { readonly data: unknown };
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    if (server.upgrade(request)) return undefined;
    return new Response("this is a WebSocket endpoint\n", { status: 426 });
  },
  websocket: {
    idleTimeout: 0,
    message(socket, frame) {
      const { id, rpc }: Command = JSON.parse(String(frame));
      if (rpc) socket.send(JSON.stringify({ id, rpc: { data: rpc.data } }));
      else socket.send(JSON.stringify({ id, connect: { client: "bare", version: "0" } }));
    },
  },
});

console.log(`listening ${server.port}`);
