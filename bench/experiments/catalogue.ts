import { abuse } from "./abuse.ts";
import { actors } from "./actors.ts";
import { api } from "./api.ts";
import { channels } from "./channels.ts";
import { churn } from "./churn.ts";
import { connections } from "./connections.ts";
import { delta } from "./delta.ts";
import type { Experiment } from "./experiment.ts";
import { fanout } from "./fanout.ts";
import { hooks } from "./hooks.ts";
import { memory } from "./memory.ts";
import { nats } from "./nats.ts";
import { nodes } from "./nodes.ts";
import { processes } from "./processes.ts";
import { stores } from "./stores.ts";
import { transports } from "./transports.ts";

/** Run without being asked for: what the tables of the README say. */
export const usual: readonly Experiment[] = [fanout, stores, memory, connections, api];

/** Run by `--full`. */
export const whole: readonly Experiment[] = [fanout, stores, channels, memory, connections, actors, api];

/** Run by their names alone. */
const special: readonly Experiment[] = [churn, abuse, hooks, nodes, nats, processes, transports, delta];

/** What `--only` knows. */
export const known: readonly Experiment[] = [...whole, ...special];
