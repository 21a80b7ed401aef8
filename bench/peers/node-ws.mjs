// The broadcast that people write with `ws` on Node: a loop over the clients of a channel.

import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
const channels = new Map();

server.on("connection", (socket, request) => {
  const channel = new URL(request.url, "http://127.0.0.1").searchParams.get("channel") ?? "lobby";
  const members = channels.get(channel) ?? new Set();
  channels.set(channel, members);
  members.add(socket);
  socket.on("close", () => members.delete(socket));
  socket.on("message", (data, isBinary) => {
    for (const member of members) {
      if (member !== socket && member.readyState === WebSocket.OPEN) member.send(data, { binary: isBinary });
    }
  });
});

http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => console.log(`listening ${http.address().port}`));
