import { connect } from "node:net";

const kept = ["sec-websocket-accept", "sec-websocket-protocol"];

/** A WebSocket handshake over a bare TCP connection: the status and headers of its response, which WebSocket does not show. */
export function upgrade(base: string, path: string, headers: Record<string, string | null>): Promise<any> {
  const { hostname, port, host } = new URL(base);
  const all: Record<string, string | null> = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve) => {
    let response = "";
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines.join("")}\r\n`),
    );
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      const [first = "", ...rest] = response.split("\r\n\r\n")[0]!.split("\r\n");
      const fields = rest.map((line) => [
        line.slice(0, line.indexOf(":")).toLowerCase(),
        line.slice(line.indexOf(":") + 1).trim(),
      ]);
      resolve({
        status: Number(first.split(" ")[1]),
        headers: Object.fromEntries(fields.filter(([name]) => kept.includes(name!))),
      });
    };
    const timer = setTimeout(end, 1500);
    socket.on("data", (data) => {
      response += data.toString("latin1");
      if (response.includes("\r\n\r\n")) end();
    });
    socket.on("close", end);
    socket.on("error", end);
  });
}
