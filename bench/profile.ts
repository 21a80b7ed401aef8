/** How much of the suite is run, and how long. */
export interface Profile {
  readonly name: "quick" | "default" | "full";
  /** Interleaved rounds of each row. */
  readonly rounds: number;
  /** Milliseconds of a round. */
  readonly roundMs: number;
  /** Milliseconds that every server of a row runs before the first round. */
  readonly warmUpMs: number;
  /** Receivers of the fan-out rows. */
  readonly connections: readonly number[];
  /** Bytes of a payload in the fan-out rows. */
  readonly sizes: readonly number[];
  /** Whether the fan-out rows have an open loop beside the closed ones. */
  readonly openLoop: boolean;
  /** Subscribers of the rows by store. */
  readonly storeConnections: readonly number[];
  /** Connections at which memory is measured, and fresh processes of Chorus and bare Bun in which it is. */
  readonly idleConnections: number;
  readonly processes: number;
  /** The same of each peer; 0 is none of them, in the row of connects neither. */
  readonly peerProcesses: number;
  /** Whether peers are asked too how late their receivers are while others connect, and the memory of each transport. */
  readonly isComplete: boolean;
  /** Channels of the row with many, ten receivers in each. */
  readonly channels: number;
  /** Live actors at which their cost is measured. */
  readonly actors: readonly number[];
}

/** Some forty seconds. */
const quick: Profile = {
  name: "quick",
  rounds: 2,
  roundMs: 300,
  warmUpMs: 300,
  connections: [10, 1_000],
  sizes: [64],
  openLoop: false,
  storeConnections: [1_000],
  idleConnections: 1_000,
  processes: 1,
  peerProcesses: 0,
  isComplete: false,
  channels: 200,
  actors: [1_000, 10_000],
};

/** Some five minutes with every peer: what the tables of the README say. */
const standard: Profile = {
  name: "default",
  rounds: 3,
  roundMs: 600,
  warmUpMs: 1_500,
  connections: [10, 100, 1_000, 5_000],
  sizes: [64],
  openLoop: false,
  storeConnections: [1_000],
  idleConnections: 5_000,
  processes: 3,
  peerProcesses: 1,
  isComplete: false,
  channels: 1_000,
  actors: [1_000, 10_000, 50_000],
};

const full: Profile = {
  ...standard,
  name: "full",
  rounds: 5,
  roundMs: 1_000,
  warmUpMs: 2_000,
  connections: [1, 10, 100, 1_000, 5_000, 10_000],
  sizes: [64, 1_024, 16_384],
  openLoop: true,
  storeConnections: [10, 1_000, 5_000],
  processes: 5,
  peerProcesses: 5,
  isComplete: true,
};

/** The profile of that name, without rows of more connections than `connectionsMax`. */
export function profileOf(name: Profile["name"], connectionsMax: number): Profile {
  const profile = { quick, default: standard, full }[name];
  const within = (counts: readonly number[]) => counts.filter((count) => count <= connectionsMax);
  return {
    ...profile,
    connections: within(profile.connections),
    storeConnections: within(profile.storeConnections),
    idleConnections: Math.min(profile.idleConnections, connectionsMax),
  };
}
