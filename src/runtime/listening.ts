import { ptr } from "bun:ffi";
import { closeSync, openSync, readdirSync } from "node:fs";
import { loadLibc } from "./libc.ts";

/** `<sys/socket.h>` and `<netinet/tcp.h>` of Linux on little-endian machines; `tcp_info` in words of 32 bits. */
const linux = {
  socket: 1,
  attachFilter: 26,
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

/**
 * A filter in the classic language of BPF, which needs no privilege: it drops the segments that begin a connection, and
 * lets all others pass. An instruction is a code, how far to jump where it holds and where not, and a constant.
 */
const withoutSyn = Uint16Array.of(
  // The byte of the flags.
  ...[0x30, 0, 13, 0],
  // Is SYN among them? Then the next one, else that after it.
  ...[0x45, 0x0100, 0x02, 0],
  // None of the segment is taken.
  ...[0x06, 0, 0, 0],
  // All of it is.
  ...[0x06, 0, 0xffff, 0xffff],
);

/**
 * How long connections that the system holds back take to arrive once it does not any more, in milliseconds: it asks them
 * again after a second.
 */
export const heldBackMs = 1_500;

/** Milliseconds in which connections that have begun are complete; shorter than until a client begins again. */
export const handshakeMs = 500;

/** The TCP listeners of this process, so that they can be closed without losing a connection. */
export interface Listening {
  /** From now on no connection begins here. Its client begins it again a second later, as where a packet was lost. */
  hold(): void;
  /** Closes those in whose queue nothing waits for this process. True: all are closed; else to be called again later. */
  leave(): boolean;
}

/**
 * Null on systems other than Linux. When a listener is closed the system resets the connections that wait for it, and
 * those that are about to begin, also where other processes listen at the same port (but for those with the setting
 * `net.ipv4.tcp_migrate_req`, which is off by default): of 150,000 connections at 8,000 a second to a port whose
 * listeners were replaced 20 times the runtime's own `stop` reset 20. So a listener first takes no new ones, and is
 * closed when those that had begun have come.
 *
 * The runtime has the system hold a connection back until it has said something (`TCP_DEFER_ACCEPT`, Bun 1.4.5); this
 * ends that, so that after `heldBackMs` all are in the queue.
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
  let left = readdirSync("/proc/self/fd").map(Number).filter(isListening);
  const nothing = openSync("/dev/null", "r");
  for (const fd of left) libc.setsockopt(fd, linux.tcp, linux.deferAccept, new Uint32Array(1), 4);
  /** Puts another file in the place of a listener: the runtime closes that, and goes on with the connections that it has. */
  const leaveOne = (fd: number): boolean => {
    if (option(fd, linux.tcp, linux.tcpInfo) && info[linux.waitingAt] !== 0) return false;
    return libc.dup2(nothing, fd) === fd;
  };
  return {
    hold: () => {
      // `struct sock_fprog`: how many instructions, and where they are.
      const program = BigUint64Array.of(BigInt(withoutSyn.length / 4), BigInt(ptr(withoutSyn)));
      for (const fd of left) libc.setsockopt(fd, linux.socket, linux.attachFilter, program, program.byteLength);
    },
    leave: () => {
      left = left.filter((fd) => !leaveOne(fd));
      if (left.length === 0) closeSync(nothing);
      return left.length === 0;
    },
  };
}
