import type { Config } from "../config/config.ts";
import type { MessageStore } from "../messages/store.ts";
import { serveInbox, tellAppended } from "../processes/inbox.ts";
import type { Link } from "../processes/link.ts";
import { servePublishLog } from "../processes/publish-log.ts";
import { hasApi } from "./api.ts";
import { LateStore } from "./late-store.ts";
import { type MessagesPorts, openStore } from "./messages.ts";

type Ports = Pick<MessagesPorts, "clock" | "timers" | "log">;

/** The inbox and the publish log of a node, in its parent process. */
export class ParentMessages {
  readonly #ports: Ports;
  readonly #links = new Set<Link>();
  readonly #late: LateStore<MessageStore>;
  #config: Config;

  /** @throws where pushes are recorded and the file cannot be had */
  constructor(config: Config, ports: Ports) {
    this.#config = config;
    this.#ports = ports;
    this.#late = new LateStore({ ...ports, path: () => this.#config.push_log.path, open: () => this.#open() });
    this.#late.start(this.#isLogged);
  }

  get failures(): number {
    return this.#opened?.failures() ?? 0;
  }

  get entriesLost(): number {
    return this.#opened?.log.lost ?? 0;
  }

  serve(link: Link): void {
    this.#links.add(link);
    serveInbox(link, { opened: () => this.#opened?.inbox ?? null, needed: () => this.#late.needed()?.inbox ?? null });
    servePublishLog(link, () => (this.#isLogged ? (this.#opened?.log ?? null) : null));
  }

  forget(link: Link): void {
    this.#links.delete(link);
  }

  /** Opens the file again with the limits of another configuration. */
  reload(config: Config): void {
    this.#config = config;
    if (this.#opened === null && !this.#isLogged) return;
    this.#opened?.close();
    this.#late.reopen();
  }

  /** To be called every few seconds. */
  sweep(): void {
    this.#opened?.sweep();
  }

  close(): void {
    this.#opened?.close();
  }

  get #opened(): MessageStore | null {
    return this.#late.opened;
  }

  get #isLogged(): boolean {
    return hasApi(this.#config) && this.#config.push_log.enabled;
  }

  #open(): MessageStore {
    const store = openStore(this.#config, this.#ports);
    store.inbox.listen((user) => {
      for (const link of this.#links) tellAppended(link, user);
    });
    return store;
  }
}
