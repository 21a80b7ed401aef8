import type { Log } from "../../core/log.ts";
import { inWindows, type PresenceCalls } from "./calls.ts";
import * as scripts from "./scripts.ts";

/** Milliseconds after which another node may take over a cleaning. */
const claimMs = 10_000;

/** What cleaning works with. */
export interface CleanerPorts {
  readonly calls: PresenceCalls;
  readonly log: Log;
  /** Whether a node is there. */
  isThere(node: string): boolean;
}

/**
 * Removes the entries of nodes that are gone and publishes the leaves of their clients, once however many nodes clean.
 */
export class Cleaner {
  readonly #ports: CleanerPorts;
  readonly #running = new Set<string>();

  constructor(ports: CleanerPorts) {
    this.#ports = ports;
  }

  /** Cleans up after a node, unless another one does. */
  async clean(node: string): Promise<void> {
    if (this.#running.has(node)) return;
    this.#running.add(node);
    await this.#clean(node);
    this.#running.delete(node);
  }

  async #clean(node: string): Promise<void> {
    const { calls, log } = this.#ports;
    const [all, channels, claim] = [calls.node("all"), calls.node(`c:${node}`), calls.node(`x:${node}`)];
    if (Number(await calls.call(scripts.claim, [all, claim], [node, claimMs])) !== 1) return;
    const names = await calls.call(scripts.channelsOf, [channels], []);
    if (!Array.isArray(names)) return;
    const isDone = await inWindows(names.map(String), (channel) => this.#leave(node, channel));
    if (!isDone) return;
    await calls.call(scripts.forget, [all, channels, claim], [node]);
    log.info("presence.cleaned", { node, channels: names.length });
  }

  /** False where the cleaning cannot go on. */
  async #leave(node: string, channel: string): Promise<boolean> {
    const { calls, isThere } = this.#ports;
    const { keys, messages } = calls.channel(channel, "uhwn");
    for (const hash of ["u", "h"]) {
      let cursor = "0";
      do {
        if (isThere(node)) return false;
        const part = await calls.call(scripts.scan, keys, [messages, node, hash, cursor, 1]);
        if (!Array.isArray(part)) return false;
        cursor = String(part[0]);
      } while (cursor !== "0");
    }
    const [waiting = ""] = calls.channel(channel, "w").keys;
    const left = await calls.call(scripts.settle, [waiting], [messages, node]);
    if (left === null) return false;
    // Leaves that wait are published by a later cleaning.
    if (Number(left) === 0) await calls.call(scripts.unnote, [calls.node(`c:${node}`)], [channel]);
    return true;
  }
}
