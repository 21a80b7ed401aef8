import { script } from "../../broker/redis/script.ts";

/**
 * Entries of a channel. `u` HASH: who is seen in presence. `h` HASH: who is not, and whose leave is published all the
 * same. `w` HASH: leaves that wait for the same user to come back. `n` HASH: how many entries in `u` each user has, and
 * under the empty name the version of `u`, which begins with the time so that no content has it twice. `g` LIST of a
 * user: the clients whose leaves wait, oldest first.
 *
 * An entry is `1`, node, order, `1` where its leave is published, user as JSON, info as JSON, with line feeds between
 * them.
 */
const entries = `
local function parts(entry)
  return string.match(entry, '^1([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n(.*)$')
end
local function version(n)
  if redis.call('HEXISTS', n, '') == 0 then
    local time = redis.call('TIME')
    redis.call('HSET', n, '', string.format('%.0f', time[1] * 1000000 + time[2]))
  end
  return redis.call('HINCRBY', n, '', 1)
end
local function take(u, h, n, client)
  local entry = redis.call('HGET', h, client)
  if entry then
    redis.call('HDEL', h, client)
    return entry
  end
  entry = redis.call('HGET', u, client)
  if not entry then return nil end
  redis.call('HDEL', u, client)
  version(n)
  local _, _, _, user = parts(entry)
  if user and redis.call('HINCRBY', n, user, -1) < 1 then redis.call('HDEL', n, user) end
  if redis.call('EXISTS', u) == 0 then redis.call('DEL', n) end
  return entry
end
local function tell(channel, letter, info)
  redis.call('PUBLISH', channel, '0  ' .. letter .. '1' .. info)
end`;

/**
 * Enters a client. Keys: u, h, w, n, g. Arguments: channel of the messages, client, node, user, info, 1 for presence, 1
 * for join and leave, 1 where a leave of the user that waits is taken back, and when the join is published: `always`,
 * `new` if the client had no entry, `never`.
 */
export const enter = script(
  entries,
  `
local u, h, w, n, g = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local client, node, user, info = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local was = take(u, h, n, client)
if ARGV[6] == '1' then
  local order = string.format('%.0f', version(n))
  redis.call('HSET', u, client, table.concat({ '1' .. node, order, ARGV[7], user, info }, '\\n'))
  redis.call('HINCRBY', n, user, 1)
elseif ARGV[7] == '1' then
  redis.call('HSET', h, client, table.concat({ '1' .. node, '0', '1', user, info }, '\\n'))
end
if ARGV[7] ~= '1' or ARGV[9] == 'never' or (ARGV[9] == 'new' and was) then return 1 end
if ARGV[8] == '1' then
  local left = redis.call('LPOP', g)
  while left do
    if redis.call('HDEL', w, left) == 1 then return 1 end
    left = redis.call('LPOP', g)
  end
end
tell(ARGV[1], 'j', info)
return 1`,
);

/**
 * Removes a client, and publishes its leave once. Keys: u, h, w, n, g. Arguments: channel of the messages, client,
 * milliseconds that the leave waits (0: none, below 0: it is not published), and those that the list of its user stays
 * longer.
 */
export const leave = script(
  entries,
  `
local entry = take(KEYS[1], KEYS[2], KEYS[4], ARGV[2])
if not entry then return 0 end
local node, _, told, user, info = parts(entry)
local grace = tonumber(ARGV[3])
if told ~= '1' or grace < 0 then return 1 end
if grace == 0 then
  tell(ARGV[1], 'l', info)
  return 1
end
local time = redis.call('TIME')
local due = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + grace)
redis.call('HSET', KEYS[3], ARGV[2], table.concat({ '1' .. node, due, '1', user, info }, '\\n'))
redis.call('RPUSH', KEYS[5], ARGV[2])
redis.call('PEXPIRE', KEYS[5], grace + tonumber(ARGV[4]))
return 1`,
);

/** Tells a leave that has waited, unless it was taken back. Keys: w, g. Arguments: channel of the messages, client. */
export const overdue = script(
  entries,
  `
local entry = redis.call('HGET', KEYS[1], ARGV[2])
if not entry then return 0 end
redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('LREM', KEYS[2], 1, ARGV[2])
local _, _, _, _, info = parts(entry)
tell(ARGV[1], 'l', info)
return 1`,
);

/**
 * Goes through a part of `u` or `h`, and answers the cursor of the next part and the clients of a node in this one.
 * Keys: u, h, w, n. Arguments: channel of the messages, node, `u` or `h`, cursor, 1 where they are removed and their
 * leaves published.
 */
export const scan = script(
  entries,
  `
local u, h, n = KEYS[1], KEYS[2], KEYS[4]
local part = redis.call('HSCAN', ARGV[3] == 'u' and u or h, ARGV[4], 'COUNT', 200)
local clients = {}
for i = 1, #part[2], 2 do
  local node, _, told, _, info = parts(part[2][i + 1])
  if node == ARGV[2] then
    clients[#clients + 1] = part[2][i]
    if ARGV[5] == '1' then
      take(u, h, n, part[2][i])
      if told == '1' then tell(ARGV[1], 'l', info) end
    end
  end
end
return { part[1], clients }`,
);

/**
 * Tells the leaves of a node that is gone which have waited long enough, and answers how many wait still. Keys: w.
 * Arguments: channel of the messages, node.
 */
export const settle = script(
  entries,
  `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local waiting = 0
for i = 1, #all, 2 do
  local node, due, _, _, info = parts(all[i + 1])
  if node == ARGV[2] then
    if tonumber(due) > now then
      waiting = waiting + 1
    else
      redis.call('HDEL', KEYS[1], all[i])
      tell(ARGV[1], 'l', info)
    end
  end
end
return waiting`,
);

/**
 * Reads who is seen. Keys: u, n. Arguments: the version that is known ("" for none), bytes at the most ("" for all). The
 * answer is the version and the entries; the version alone where it is known; `over` where there are more bytes.
 */
export const list = script(`
local version = redis.call('HGET', KEYS[2], '') or ''
if version == ARGV[1] then return { version } end
if ARGV[2] ~= '' then
  local max = tonumber(ARGV[2])
  if redis.call('HLEN', KEYS[1]) * 60 > max then return 'over' end
end
return { version, redis.call('HVALS', KEYS[1]) }`);

/** Counts who is seen. Keys: u, n. The answer: clients, users. */
export const stats = script(`
return { redis.call('HLEN', KEYS[1]), math.max(0, redis.call('HLEN', KEYS[2]) - 1) }`);

/**
 * A node that is there. Keys: nodes HASH (`a` and a token: there; `x`: being cleaned up), identity. Arguments: generation,
 * node, a new identity, the token that the node knows, a new one. The answer: what the server's data are identified by,
 * whether the node was there with its token, and all nodes. Where it was not, the new token holds: a node that did not get
 * the answer does not know it, and receives it again.
 */
export const present = script(`
local g = ''
if ARGV[1] == 'replication_id' then
  g = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)') or ''
end
redis.call('SET', KEYS[2], ARGV[3], 'NX')
local was = redis.call('HGET', KEYS[1], ARGV[2])
local isThere = was == 'a' .. ARGV[4]
if not isThere then redis.call('HSET', KEYS[1], ARGV[2], 'a' .. ARGV[5]) end
return { redis.call('GET', KEYS[2]) .. g, isThere and 1 or 0, redis.call('HKEYS', KEYS[1]) }`);

/** Takes a node that is gone for this one to clean up. Keys: nodes, claim. Arguments: node, time to live. The answer: 1 or 0. */
export const claim = script(`
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
if not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], 'x')
return 1`);

/** Forgets a node without channels, unless it has come back. Keys: nodes, its channels, claim. Argument: node. */
export const forget = script(`
redis.call('DEL', KEYS[3])
if redis.call('EXISTS', KEYS[2]) == 1 or redis.call('HGET', KEYS[1], ARGV[1]) ~= 'x' then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])`);

/** Notes a channel in which a node has entries. Keys: nodes, its channels. Arguments: node, channel. */
export const note = script(`
redis.call('HSETNX', KEYS[1], ARGV[1], 'n')
return redis.call('SADD', KEYS[2], ARGV[2])`);

/** Channels of a node. Keys: its channels. */
export const channelsOf = script(`return redis.call('SMEMBERS', KEYS[1])`);

/** Removes a channel of a node. Keys: its channels. Argument: channel. */
export const unnote = script(`return redis.call('SREM', KEYS[1], ARGV[1])`);
