import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenUnix, type UnixSocket, type UnixSocketEvents } from "../runtime/unix-socket.ts";

/**
 * Where workers connect to their parent: a socket in a folder that only this user can open. A folder that was removed, as
 * programs that clean up the folder of temporary files do, is made anew for the next worker; open links go on.
 */
export class WorkersSocket {
  readonly #opened: (socket: UnixSocket) => UnixSocketEvents;
  readonly #listeners: { stop(): void }[] = [];
  #folder: string;

  /** @throws where the folder of temporary files cannot be written */
  constructor(opened: (socket: UnixSocket) => UnixSocketEvents) {
    this.#opened = opened;
    this.#folder = this.#listen();
  }

  /** For a worker that is started now. */
  path(): string {
    if (!existsSync(pathIn(this.#folder))) this.#folder = this.#listen();
    return pathIn(this.#folder);
  }

  close(): void {
    for (const listener of this.#listeners) listener.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #listen(): string {
    // Made with 0700.
    const folder = mkdtempSync(join(tmpdir(), "chorus-node-"));
    this.#listeners.push(listenUnix(pathIn(folder), this.#opened));
    return folder;
  }
}

function pathIn(folder: string): string {
  return join(folder, "workers.sock");
}
