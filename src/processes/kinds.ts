/**
 * What a message of a link is: the kinds from 16 to 31 are in the rooms that use them (`engineKinds`
 * of the broker). Both sides are of one version, which `hello` says.
 */
export const kinds = {
  /** The answer to a call, and its refusal. */
  answer: 0,
  refusal: 1,
  /** A worker begins, and says its version; the answer is what it runs with. */
  hello: 2,
  /** A worker listens. */
  ready: 3,
  /** A ping of a worker. */
  ping: 4,
  /** A worker stops. */
  drain: 5,
  /** A worker names itself to the others. */
  name: 6,
  /** A text for all workers, and for one. */
  broadcast: 7,
  send: 8,
  /** A text of a worker. */
  heard: 9,
  /** Methods of the inbox, the publish log and presence. */
  inbox: 10,
  publishLog: 11,
  presence: 12,
  /** A message was appended to the inbox. */
  appended: 13,
  /** An event for back ends. */
  event: 14,
  /** The metrics of the node, of the parent; those of a worker, of that. */
  metrics: 15,
  /** A connection of a user has begun at a worker, and has ended. */
  userEntered: 32,
  userLeft: 33,
  /** How many connections a user has at the other workers; a connection that is one too many. */
  elsewhere: 34,
  tooMany: 35,
  /** How many users and channels the node has. */
  census: 36,
} as const;
