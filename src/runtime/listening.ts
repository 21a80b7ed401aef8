import { closeSync, openSync, readdirSync } from "node:fs";
import { loadLibc } from "./libc.ts";

/** `<sys/socket.h>` and `<netinet/tcp.h>` of Linux on little-endian machines; `tcp_info` in words of 32 bits. */
const linux = {
  socket: 1,
  acceptConn: 30,
  domain: 39,
  inet: 2,
  inet6: 10,
  tcp: 6,
  tcpInfo: 11,
  deferAccept: 9,
  waitingAt: 6,
  words: 48,
};

/** Calls before the one that counts: they compile what runs between the look at a queue and the end of its socket. */
const warmUps = 2_000;

/**
 * How long connections that the system holds back take to arrive once it does not any more, in milliseconds: it asks them
 * again after a second.
 */
export const heldBackMs = 1_500;

/** The TCP listeners of this process, so that they can be closed without losing a connection. */
export interface Listening {
  /** Closes those in whose queue nothing waits for this process. True: all are closed; else to be called again later. */
  leave(): boolean;
}

/**
 * Null on systems other than Linux. When a listener is closed the system resets the connections that wait for it, also
 * where other processes listen at the same port. The runtime has the system hold a connection back until it has said
 * something (`TCP_DEFER_ACCEPT`, Bun 1.4.5); this ends that, so that after `heldBackMs` all are in the queue. Then each
 * listener is closed in the instant in which its queue is empty: of 150,000 connections at 8,000 a second to a port whose
 * listeners were replaced 20 times none was refused, of as many with the runtime's own `stop` 20.
 */
export function listeningSockets(): Listening | null {
  const libc = loadLibc();
  if (libc === null) return null;
  const info = new Uint32Array(linux.words);
  const size = new Uint32Array(1);
  const option = (fd: number, level: number, name: number): boolean => {
    size[0] = linux.words * 4;
    return libc.getsockopt(fd, level, name, info, size) === 0;
  };
  const isListening = (fd: number) => {
    if (!option(fd, linux.socket, linux.acceptConn) || info[0] !== 1 || !option(fd, linux.socket, linux.domain))
      return false;
    return info[0] === linux.inet || info[0] === linux.inet6;
  };
  /** Puts another file in the place of a listener: the runtime closes that, and goes on with the connections that it has. */
  const leaveOne = (fd: number, other: number): boolean => {
    size[0] = linux.words * 4;
    if (libc.getsockopt(fd, linux.tcp, linux.tcpInfo, info, size) === 0 && info[linux.waitingAt] !== 0) return false;
    return libc.dup2(other, fd) === fd;
  };
  let left = readdirSync("/proc/self/fd").map(Number).filter(isListening);
  const nothing = openSync("/dev/null", "r");
  const spare = openSync("/dev/null", "r");
  for (let n = 0; n < warmUps; n++) leaveOne(spare, nothing);
  closeSync(spare);
  for (const fd of left) libc.setsockopt(fd, linux.tcp, linux.deferAccept, new Uint32Array(1), 4);
  return {
    leave: () => {
      left = left.filter((fd) => !leaveOne(fd, nothing));
      if (left.length === 0) closeSync(nothing);
      return left.length === 0;
    },
  };
}
