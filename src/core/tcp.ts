/** The TCP connections of this process as the kernel knows them, by their file descriptors. */
export interface TcpTable {
  /** The port of the peer; 0 where the descriptor is no TCP connection. */
  peerPort(fd: number): number;
  /** The port of this side: a peer may reach two ports of this process from the same port of its own. */
  localPort(fd: number): number;
  /** The address of the peer as sixteen bytes in hexadecimal, an IPv4 one as mapped into IPv6; "" where there is none. */
  peerAddress(fd: number): string;
  /** Bytes that the kernel has received from the peer, in order and without repetitions; null where it does not say. */
  bytesReceived(fd: number): number | null;
}
