// The limit of what any server on Bun can do: native publish, and nothing else.

const server = Bun.serve<{ channel: string }>({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const channel = new URL(request.url).searchParams.get("channel") ?? "lobby";
    if (server.upgrade(request, { data: { channel } })) return undefined;
    return new Response("this is a WebSocket endpoint\n", { status: 426 });
  },
  websocket: {
    idleTimeout: 0,
    // Bun drops published messages in silence under any other value.
    backpressureLimit: 0,
    open: (socket) => void socket.subscribe(socket.data.channel),
    message: (socket, message) => void socket.publish(socket.data.channel, message),
  },
});

console.log(`listening ${server.port}`);
