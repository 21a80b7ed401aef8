import { existsSync } from "node:fs";
import type { Config } from "../config/config.ts";
import type { Inbox } from "../messages/inbox.ts";
import type { MessageStore } from "../messages/store.ts";
import { serveInbox, tellAppended } from "../processes/inbox.ts";
import type { Link } from "../processes/link.ts";
import { servePublishLog } from "../processes/publish-log.ts";
import { hasApi } from "./api.ts";
import { type MessagesPorts, openStore } from "./messages.ts";

type Ports = Pick<MessagesPorts, "clock" | "timers" | "log">;

/** How often it is tried to open a file that could not be opened, in milliseconds. */
const retryInterval = 10_000;

/** The inbox and the publish log of a node, in its parent process. */
export class ParentMessages {
  readonly #ports: Ports;
  readonly #links = new Set<Link>();
  #config: Config;
  #opened: MessageStore | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;

  /** @throws where pushes are to be recorded and the file cannot be had */
  constructor(config: Config, ports: Ports) {
    this.#config = config;
    this.#ports = ports;
    if (this.#isLogged) this.#opened = this.#open();
    else if (existsSync(config.push_log.path)) this.#attempt();
  }

  get failures(): number {
    return this.#opened?.failures() ?? 0;
  }

  get entriesLost(): number {
    return this.#opened?.log.lost ?? 0;
  }

  serve(link: Link): void {
    this.#links.add(link);
    serveInbox(link, { opened: () => this.#opened?.inbox ?? null, needed: () => this.#needed() });
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
    this.#opened = null;
    this.#triedAt = Number.NEGATIVE_INFINITY;
    this.#attempt();
  }

  /** To be called every few seconds. */
  sweep(): void {
    this.#opened?.sweep();
  }

  close(): void {
    this.#opened?.close();
  }

  get #isLogged(): boolean {
    return hasApi(this.#config) && this.#config.push_log.enabled;
  }

  #needed(): Inbox | null {
    if (this.#opened === null) this.#attempt();
    return this.#opened?.inbox ?? null;
  }

  #attempt(): void {
    const { clock, log } = this.#ports;
    if (clock.monotonic() - this.#triedAt < retryInterval) return;
    this.#triedAt = clock.monotonic();
    try {
      this.#opened = this.#open();
    } catch (error) {
      log.warn("push.file_not_opened", { path: this.#config.push_log.path, error: String(error) });
    }
  }

  #open(): MessageStore {
    const store = openStore(this.#config, this.#ports);
    store.inbox.listen((user) => {
      for (const link of this.#links) tellAppended(link, user);
    });
    return store;
  }
}
