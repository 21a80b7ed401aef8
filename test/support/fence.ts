/**
 * Resolves when the server has read all that a WebSocket has sent, and all that the server sent it by then has come: the
 * answer to a ping frame goes behind it (RFC 6455 5.5.3). So a test can say that nothing more came, and wait for no time
 * to pass. Twice, because frames that wait for their turn are overtaken by a ping that came with them; but then nothing
 * more is read of the socket until they are. A socket that is not open, or no longer, has nothing more to hear.
 */
export async function fence(socket: WebSocket): Promise<void> {
  await pong(socket);
  await pong(socket);
}

async function pong(socket: WebSocket): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  // Bun's WebSocket tells of pongs, of which the type of a browser's knows nothing.
  const target: EventTarget = socket;
  target.addEventListener("pong", done, { once: true });
  target.addEventListener("close", done, { once: true });
  socket.ping();
  await promise;
  target.removeEventListener("close", done);
}
