/** The opening handshake, by hand (RFC 6455 4.1). The key is constant: nothing here depends on it. */
export function upgradeRequest(port: number, target: string): string {
  return [
    `GET ${target} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: Y2hvcnVzIGJlbmNoIGtleQ==",
    "",
    "",
  ].join("\r\n");
}

/** The request of a streamed response. */
export function streamRequest(port: number, target: string): string {
  return [`GET ${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`, "Accept: text/event-stream", "", ""].join("\r\n");
}

const end = Buffer.from("\r\n\r\n");

/**
 * Looks for the end of the head of the server's answer: the bytes after it, or null where it is not all there yet. An
 * answer with another status than `wanted` throws with its first line.
 */
export function afterHead(bytes: Buffer, wanted: 101 | 200): Buffer | null {
  const at = bytes.indexOf(end);
  if (at < 0) return null;
  const status = bytes.subarray(0, bytes.indexOf("\r\n")).toString();
  if (!status.startsWith(`HTTP/1.1 ${wanted}`)) throw new Error(`the server refused a connection: ${status}`);
  return bytes.subarray(at + end.length);
}
