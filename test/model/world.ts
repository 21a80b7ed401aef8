import { join } from "node:path";
import type { Store } from "../../src/broker/local/store.ts";
import type { ManualClock } from "../support/clock.ts";
import { copyAsCrashed } from "../support/crash-copy.ts";
import { failingDisk } from "../support/failing-disk.ts";
import type { LateOptions } from "../support/late/broker.ts";
import { lateParts } from "../support/late/server.ts";
import { everything, startOpenServer } from "../support/open-channels.ts";
import type { TestServer } from "../support/server.ts";
import { expiryGrace } from "./member.ts";
import type { World } from "./steps.ts";
import { historyTtl, metaTtlOf } from "./streams.ts";

const seconds = (milliseconds: number) => `${milliseconds / 1_000}s`;

/** A server from its start to its end, and the file that it leaves behind. */
export interface Incarnation {
  readonly server: TestServer;
  /** From here on the disk takes nothing, or takes everything again. */
  fail(isFailing: boolean): void;
  /** Copies the file as it is at this moment, which is what a process that is killed now would leave behind. */
  copy(): Incarnation["path"];
  readonly path: string;
  /** Resolves when nothing is on its way between the server and its parts. */
  quiet(): Promise<void>;
}

/** Starts a server on the file at `path`, which may be there already. */
export async function begin(
  world: World,
  clock: ManualClock,
  path: string,
  { random, ...outside }: Pick<LateOptions, "random" | "losses" | "onLost">,
): Promise<Incarnation> {
  let fail: ((isFailing: boolean) => void) | null = null;
  const store = (real: Store): Store => {
    const disk = failingDisk(real);
    fail = disk.fail;
    return disk.store;
  };
  const losses = { lossesPerMille: 20, ...outside };
  const late = world.late === null ? null : lateParts(random, clock, losses);
  const server = await startOpenServer(configOf(world, path), { clock, replace: { store, ...late?.replace } });
  return {
    server,
    path,
    fail: (isFailing) => fail?.(isFailing),
    copy: () => copyOf(path),
    quiet: async () => late?.quiet(),
  };
}

function configOf(world: World, path: string) {
  const kept = {
    ...everything,
    history_size: world.size,
    history_ttl: seconds(historyTtl),
    history_meta_ttl: seconds(metaTtlOf(world)),
  };
  return {
    sse: { enabled: true },
    http_stream: { enabled: true },
    engine: { type: world.engine, sqlite: { path, synchronous: "normal" as const } },
    client: {
      expired_close_delay: seconds(expiryGrace),
      expired_sub_close_delay: seconds(expiryGrace),
      channel_position_check_delay: "3s",
    },
    channel: {
      without_namespace: kept,
      namespaces: [
        {
          name: "closed",
          ...kept,
          allow_subscribe_for_client: false,
          allow_publish_for_client: false,
          allow_publish_for_subscriber: true,
        },
        { name: "unkept", ...everything, history_size: 0, history_ttl: "0s", force_recovery: false },
      ],
    },
  };
}

let copies = 0;

function copyOf(path: string): string {
  copies += 1;
  const copy = join(path, "..", `copy-${copies}.db`);
  copyAsCrashed(path, copy);
  return copy;
}
