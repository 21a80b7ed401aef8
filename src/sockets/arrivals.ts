import type { Clock } from "../core/clock.ts";
import type { TcpTable } from "../core/tcp.ts";
import { bytesOfAddress } from "../http/addresses.ts";

/**
 * A connection with what is known of the bytes that it has received: the runtime shows complete messages alone. Fields of
 * the connection itself, because there may be fifty thousand.
 */
export interface Arriving {
  /** The port of the peer; 0 where it has none (a unix socket). */
  readonly peerPort: number;
  /** The port of this process that it came to. */
  localPort(): number;
  /** Whether it comes within TLS that this process ends. */
  readonly isSecure: boolean;
  /** The file descriptor; -1 while it is not known. */
  fd: number;
  /** Bytes on the wire of all frames that were read, with their headers. */
  framed: number;
  /** Received bytes beyond `framed` when no message was unfinished; -1 after a message, until they are looked at. */
  settled: number;
  /** Received bytes when the last ping went out; -1 where that is not known. */
  receivedAtPing: number;
  /** Its frames wait for their turn, or waited until `releasedAt`: whole messages of it lie in the kernel. */
  readonly isHeld: boolean;
  /** In monotonic milliseconds. */
  readonly releasedAt: number;
  /** The address of the peer, as the runtime writes it; "" once it is closed. */
  peerAddress(): string;
  /** Bytes of the largest message that it may send now. */
  messageBytesMax(): number;
  /** A message has been unfinished for too long. */
  unfinished(): void;
  /** An unfinished message is larger than any that it may send. */
  oversized(): void;
}

/** What holds for unfinished messages. */
export interface ArrivalOptions {
  /** Milliseconds that a message may take from its first byte; 0 is no limit. */
  readonly messageTimeout: number;
}

/** Each so many bytes of a message give it a second more. */
const bytesPerSecond = 16_384;
/** Bytes beyond all frames that a connection may have, whatever they are: a handshake, headers of fragments, TLS. */
const unexplainedMax = 65_536;
/** Of a message's bytes so many more may be headers of its fragments and records: one in sixteen. */
const headerShare = 16;
/** Descriptors and connections that are looked at in one tick: some 150 us together. */
const descriptorsPerTick = 512;
const connectionsPerTick = 64;
/** Milliseconds in which what the kernel has held of a connection is read. */
const catchUpMs = 1_000;
/** So many descriptors in a row without a connection are the end of the table. */
const gapMax = 2_048;

interface Unfinished {
  readonly since: number;
  /** Bytes beyond the frames when it was first seen. */
  readonly from: number;
}

/**
 * Finds messages that never end or are too large, and sees that bytes of a message arrive: the runtime keeps what has come of a message
 * to itself, so the kernel is asked how many bytes it has received, and the frames that were read are taken off. Where
 * the kernel cannot be asked, nothing is known, and nothing is closed for it.
 */
export class Arrivals {
  readonly #tcp: TcpTable | null;
  readonly #options: ArrivalOptions;
  readonly #clock: Clock;
  readonly #connections = new Set<Arriving>();
  readonly #unfinished = new Map<Arriving, Unfinished>();
  #turn: Iterator<Arriving> = this.#connections.values();
  /** Descriptors by the port of their peer: of the last pass, and of the one that goes on. */
  #byPort = new Map<number, number[]>();
  #found = new Map<number, number[]>();
  #nextFd = 3;
  #gap = 0;
  /** The descriptor of a connection is not known: the table is looked through. */
  #isMissing = false;

  constructor(tcp: TcpTable | null, options: ArrivalOptions, clock: Clock) {
    this.#tcp = tcp;
    this.#options = options;
    this.#clock = clock;
  }

  /** Whether the kernel can be asked. */
  get canSee(): boolean {
    return this.#tcp !== null;
  }

  entered(connection: Arriving): void {
    if (this.#tcp && connection.peerPort > 0) this.#connections.add(connection);
  }

  left(connection: Arriving): void {
    this.#connections.delete(connection);
    this.#unfinished.delete(connection);
  }

  /** Remembers what has been received before a ping goes out. */
  pinged(connection: Arriving): void {
    connection.receivedAtPing = this.#received(connection) ?? -1;
  }

  /** Whether bytes of an unfinished message have arrived since the last ping. */
  hasArrived(connection: Arriving): boolean {
    const { receivedAtPing, settled, framed } = connection;
    const received = this.#received(connection);
    if (received === null || receivedAtPing < 0 || received <= receivedAtPing) return false;
    return settled < 0 || received - framed > settled;
  }

  /** To be called every 50 ms. */
  tick(): void {
    if (!this.#tcp || this.#connections.size === 0) return;
    if (this.#isMissing) this.#scan(this.#tcp);
    for (let left = Math.min(connectionsPerTick, this.#connections.size); left > 0; left -= 1) {
      const { value, done } = this.#turn.next();
      if (done) this.#turn = this.#connections.values();
      else this.#look(value);
    }
  }

  /** Looks at the next descriptors; a pass that has come to the end of the table takes the place of the one before. */
  #scan(tcp: TcpTable): void {
    for (let left = descriptorsPerTick; left > 0; left -= 1) {
      const port = tcp.peerPort(this.#nextFd);
      this.#gap = port === 0 ? this.#gap + 1 : 0;
      if (port > 0) {
        const fds = this.#found.get(port);
        if (fds) fds.push(this.#nextFd);
        else this.#found.set(port, [this.#nextFd]);
      }
      this.#nextFd += 1;
      if (this.#gap < gapMax) continue;
      this.#isMissing = false;
      this.#byPort = this.#found;
      this.#found = new Map();
      this.#nextFd = 3;
      this.#gap = 0;
      return;
    }
  }

  #look(connection: Arriving): void {
    if (connection.isHeld || this.#clock.monotonic() - connection.releasedAt < catchUpMs) {
      this.#unfinished.delete(connection);
      return;
    }
    const received = this.#received(connection);
    if (received === null) return;
    const beyond = received - connection.framed;
    const isAfterMessage = connection.settled < 0;
    const isMuch = beyond > unexplainedMax + connection.framed;
    if (!isMuch && (isAfterMessage || beyond <= connection.settled)) {
      connection.settled = Math.max(0, beyond);
      this.#unfinished.delete(connection);
      return;
    }
    if (isAfterMessage) {
      connection.settled = 0;
      this.#unfinished.delete(connection);
    }
    this.#judge(connection, beyond);
  }

  #judge(connection: Arriving, beyond: number): void {
    const { messageTimeout } = this.#options;
    const now = this.#clock.monotonic();
    const known = this.#unfinished.get(connection) ?? { since: now, from: connection.settled };
    this.#unfinished.set(connection, known);
    const bytes = beyond - known.from;
    if (isOverSize(connection, bytes - (known.from === 0 ? connection.framed : 0))) {
      connection.oversized();
      return;
    }
    const allowed = messageTimeout + (bytes * 1_000) / bytesPerSecond;
    if (messageTimeout > 0 && now - known.since >= allowed) connection.unfinished();
  }

  /** Bytes that the kernel has received; null where it cannot be asked. */
  #received(connection: Arriving): number | null {
    const tcp = this.#tcp;
    if (!tcp || connection.peerPort === 0) return null;
    if (connection.fd < 0 || tcp.peerPort(connection.fd) !== connection.peerPort) {
      connection.fd = this.#descriptorOf(tcp, connection);
      if (connection.fd < 0) this.#isMissing = true;
    }
    return connection.fd < 0 ? null : tcp.bytesReceived(connection.fd);
  }

  #descriptorOf(tcp: TcpTable, connection: Arriving): number {
    const candidates = this.#byPort.get(connection.peerPort);
    if (!candidates) return -1;
    const address = bytesOfAddress(connection.peerAddress());
    const localPort = connection.localPort();
    const isOf = (fd: number) =>
      tcp.peerPort(fd) === connection.peerPort && tcp.localPort(fd) === localPort && tcp.peerAddress(fd) === address;
    return candidates.find(isOf) ?? -1;
  }
}

/** Whether so many bytes of an unfinished message are more than the largest message has with its headers. */
function isOverSize(connection: Arriving, bytes: number): boolean {
  const max = connection.messageBytesMax();
  return bytes > max + max / headerShare + unexplainedMax;
}

/** Counts a frame that was read: payload and header, which is always masked (RFC 6455 5.2). */
export function countFrame(connection: Pick<Arriving, "framed" | "isSecure">, payload: number): void {
  const header = payload < 126 ? 6 : payload < 65_536 ? 8 : 14;
  const bytes = payload + header;
  // The records of TLS have headers of their own (RFC 8446 5.2): rather too many bytes are explained than too few.
  connection.framed += connection.isSecure ? Math.ceil(bytes * 1.05) + 64 : bytes;
}
