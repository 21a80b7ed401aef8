/** A client of another make in a channel of the server at `url`: the bare WebSocket, open. */
export async function plainClient(url: string, channel: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws?channel=${channel}`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => resolve());
  socket.addEventListener("close", ({ code, reason }) => reject(new Error(`closed: ${code} ${reason}`)));
  await promise;
  return socket;
}

/** The next text frame that comes. */
export function nextText(socket: WebSocket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.addEventListener("message", ({ data }) => resolve(String(data)), { once: true });
  return promise;
}
