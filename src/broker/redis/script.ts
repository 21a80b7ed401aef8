import { createHash } from "node:crypto";

/** A script for the server, and the name that it is called by once the server knows it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** A script of parts that follow each other. */
export function script(...parts: string[]): Script {
  const lua = parts.join("\n");
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

const ofShards = new WeakMap<Script, Script>();

/** The same script for a server of a cluster: what it publishes stays within the shard that has the channel. */
export function scriptOfShard(whole: Script): Script {
  const known = ofShards.get(whole);
  if (known) return known;
  const made = script(whole.lua.replaceAll("'PUBLISH'", "'SPUBLISH'"));
  ofShards.set(whole, made);
  return made;
}
