/** One end of a connection over a unix socket. */
export interface UnixSocket {
  /** How many of the bytes the system has taken; below 0 where the socket is closed. */
  write(bytes: Uint8Array): number;
  end(): void;
}

/** What one end receives. */
export interface UnixSocketEvents {
  received(bytes: Uint8Array): void;
  /** It takes more. */
  drained(): void;
  closed(): void;
}

interface Data {
  events: UnixSocketEvents | null;
}

const handlers = (opened: (socket: UnixSocket) => UnixSocketEvents): Bun.SocketHandler<Data> => ({
  open: (socket) => {
    const end: UnixSocket = { write: (bytes) => socket.write(bytes), end: () => void socket.end() };
    socket.data = { events: opened(end) };
  },
  data: (socket, bytes) => socket.data.events?.received(bytes),
  drain: (socket) => socket.data.events?.drained(),
  close: (socket) => socket.data?.events?.closed(),
  error: (socket) => void socket.end(),
});

/** Listens at a path of the file system; `opened` is called for each connection. */
export function listenUnix(path: string, opened: (socket: UnixSocket) => UnixSocketEvents): { stop(): void } {
  const listener = Bun.listen<Data>({ unix: path, socket: handlers(opened) });
  return { stop: () => listener.stop(true) };
}

/** Connects to such a listener; rejects where there is none. */
export async function connectUnix(path: string, opened: (socket: UnixSocket) => UnixSocketEvents): Promise<void> {
  await Bun.connect<Data>({ unix: path, data: { events: null }, socket: handlers(opened) });
}
