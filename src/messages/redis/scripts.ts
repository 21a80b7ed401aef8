import { script } from "../../broker/redis/script.ts";

/**
 * Messages of a user. `m` HASH: position to head, a JSON object: `i` id, `u` until, `p` per, `x` when it expires, `k` kind
 * of the payload, `b` its bytes, `c` 1 where all known devices have settled it, `s` those that have. `b` HASH: position to
 * payload. `d` HASH: device to when it was used last. Of all users: `x` ZSET of positions with their users by when they
 * expire, `last` the last position or time of use, `rx` ZSET and `rv` HASH the results of idempotency keys. All keys are in
 * one slot of a cluster, so that each step is one script.
 */
const common = `
local function number(n) return string.format('%.0f', n) end
local function heads(m)
  local all = redis.call('HGETALL', m)
  local found = {}
  for i = 1, #all, 2 do
    local head = cjson.decode(all[i + 1])
    head.at = all[i]
    found[#found + 1] = head
  end
  table.sort(found, function(a, b) return tonumber(a.at) < tonumber(b.at) end)
  return found
end
local function keep(m, head)
  local at = head.at
  head.at = nil
  redis.call('HSET', m, at, cjson.encode(head))
  head.at = at
end
local function remove(m, b, x, at, user)
  redis.call('HDEL', m, at)
  redis.call('HDEL', b, at)
  redis.call('ZREM', x, at .. ' ' .. user)
end
local function following(last, base)
  local at = math.max(tonumber(base), tonumber(redis.call('GET', last) or '0') + 1)
  redis.call('SET', last, number(at))
  return number(at)
end
local function complete(head, devices)
  for _, device in ipairs(devices) do if not head.s[device] then return false end end
  return true
end
local function use(m, d, last, device, base, unused)
  redis.call('HSET', d, device, following(last, base))
  local all = redis.call('HGETALL', d)
  local oldest, usedAt, count = nil, nil, 0
  for i = 1, #all, 2 do
    local at = tonumber(all[i + 1])
    if at < tonumber(unused) then
      redis.call('HDEL', d, all[i])
    else
      count = count + 1
      if not usedAt or at < usedAt then oldest, usedAt = all[i], at end
    end
  end
  if count <= 16 then return end
  redis.call('HDEL', d, oldest)
  local devices = redis.call('HKEYS', d)
  for _, head in ipairs(heads(m)) do
    if head.p == 'device' then
      head.s[oldest] = nil
      if head.c == 0 and next(head.s) and complete(head, devices) then head.c = 1 end
      keep(m, head)
    end
  end
end
local function owes(head, device, now)
  return tonumber(head.x) > now and not (head.p == 'device' and head.s[device])
end
local function row(head, b)
  return { head.at, head.i, head.u, head.p, head.k, redis.call('HGET', b, head.at) or '' }
end
local function isKnown(rx, key, now)
  local known = redis.call('ZSCORE', rx, key)
  return known and tonumber(known) > now
end
local function remember(rx, rv, key, answer, now, expires, max)
  if redis.call('ZCARD', rx) >= max then
    local over = redis.call('ZRANGEBYSCORE', rx, '-inf', now, 'LIMIT', 0, 500)
    for _, each in ipairs(over) do
      redis.call('ZREM', rx, each)
      redis.call('HDEL', rv, each)
    end
    if redis.call('ZCARD', rx) >= max then return false end
  end
  redis.call('ZADD', rx, expires, key)
  redis.call('HSET', rv, key, answer)
  return true
end`;

/**
 * Keeps a message. Keys: m, b, d, x, last, rx, rv. Arguments: now, user, head, payload, when it expires, size, messages of
 * all users, least position, life of the keys, key of the result ("" for none), answer, when that expires, results.
 */
export const append = script(
  common,
  `
local m, b, d, x, last, rx, rv = unpack(KEYS)
local now, user, size = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[6])
if ARGV[10] ~= '' and isKnown(rx, ARGV[10], now) then return 'answered' end
if redis.call('ZCARD', x) >= tonumber(ARGV[7]) then return 'limit' end
local kept, owed, over = 0, 0, nil
for _, head in ipairs(heads(m)) do
  if tonumber(head.x) > now then
    kept = kept + 1
    if head.c == 0 then owed = owed + 1 else over = over or head.at end
  end
end
if owed >= size then return 'limit' end
if ARGV[10] ~= '' and not remember(rx, rv, ARGV[10], ARGV[11], now, ARGV[12], tonumber(ARGV[13])) then return 'limit' end
if kept >= size and over then remove(m, b, x, over, user) end
local at = following(last, ARGV[8])
redis.call('HSET', m, at, ARGV[3])
redis.call('HSET', b, at, ARGV[4])
redis.call('ZADD', x, ARGV[5], at .. ' ' .. user)
for _, key in ipairs({ m, b, d }) do redis.call('PEXPIRE', key, ARGV[9]) end
return 'kept'`,
);

/**
 * Takes what is owed to a device. Keys: m, b, d, x, last. Arguments: now, user, device, position after which it begins,
 * bytes, least time of use, that of a device which is forgotten, life of the keys.
 */
export const take = script(
  common,
  `
local m, b, d, x, last = unpack(KEYS)
local now, user, device = tonumber(ARGV[1]), ARGV[2], ARGV[3]
if device == '' and redis.call('EXISTS', m) == 0 then return {} end
if device ~= '' then
  use(m, d, last, device, ARGV[6], ARGV[7])
  redis.call('PEXPIRE', d, ARGV[8])
end
local rows, bytes, isPerDevice = {}, 0, false
for _, head in ipairs(heads(m)) do
  if tonumber(head.at) > tonumber(ARGV[4]) and owes(head, device, now) and bytes < tonumber(ARGV[5]) then
    bytes = bytes + head.b + 128
    rows[#rows + 1] = row(head, b)
    if head.u == '' then remove(m, b, x, head.at, user) end
    if head.p == 'device' then isPerDevice = true end
  end
end
if device == '' and isPerDevice then use(m, d, last, device, ARGV[6], ARGV[7]) end
return rows`,
);

/** Reads which messages are owed. Keys: m, b. Arguments: now, device, ids. */
export const owed = script(
  common,
  `
local wanted = {}
for i = 3, #ARGV do wanted[ARGV[i]] = true end
local rows = {}
for _, head in ipairs(heads(KEYS[1])) do
  if wanted[head.i] and owes(head, ARGV[2], tonumber(ARGV[1])) then rows[#rows + 1] = row(head, KEYS[2]) end
end
return rows`,
);

/**
 * Settles messages, and answers with id and bytes of those that it has settled. Keys: m, b, d, x, last. Arguments: user,
 * device, how, least time of use, that of a device which is forgotten, ids.
 */
export const settle = script(
  common,
  `
local m, b, d, x, last = unpack(KEYS)
local user, device, how = ARGV[1], ARGV[2], ARGV[3]
local wanted = {}
for i = 6, #ARGV do wanted[ARGV[i]] = true end
local settled, isUsed = {}, false
for _, head in ipairs(heads(m)) do
  if head.u ~= '' and wanted[head.i] and (how == 'acknowledged' or head.u == how) then
    if head.p == 'user' then
      remove(m, b, x, head.at, user)
      settled[#settled + 1] = { head.i, head.b }
    elseif not head.s[device] then
      if not isUsed then use(m, d, last, device, ARGV[4], ARGV[5]) end
      isUsed = true
      -- The device may have taken the place of another one.
      local at = head.at
      head = cjson.decode(redis.call('HGET', m, at))
      head.at = at
      head.s[device] = 1
      if complete(head, redis.call('HKEYS', d)) then head.c = 1 end
      keep(m, head)
      settled[#settled + 1] = { head.i, head.b }
    end
  end
end
return settled`,
);

/** Removes results that are over, and answers with messages that may have expired. Keys: x, rx, rv. Arguments: now, how many. */
export const due = script(`
local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, each in ipairs(over) do
  redis.call('ZREM', KEYS[2], each)
  redis.call('HDEL', KEYS[3], each)
end
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])`);

/** Removes a message that has expired; the answer: its id and bytes where it was owed. Keys: m, b, x. Arguments: position, user. */
export const expire = script(
  common,
  `
local entry = redis.call('HGET', KEYS[1], ARGV[1])
remove(KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2])
if not entry then return {} end
local head = cjson.decode(entry)
if head.c == 1 then return {} end
return { head.i, head.b }`,
);

/** Keeps a result. Keys: rx, rv. Arguments: now, key, answer, when it expires, results. The answer: 1, 0 for no room, 2 where it is there. */
export const rememberResult = script(
  common,
  `
if isKnown(KEYS[1], ARGV[2], tonumber(ARGV[1])) then return 2 end
local isKept = remember(KEYS[1], KEYS[2], ARGV[2], ARGV[3], tonumber(ARGV[1]), ARGV[4], tonumber(ARGV[5]))
return isKept and 1 or 0`,
);

/** Reads a result. Keys: rx, rv. Arguments: now, key. The answer: a list with it, or an empty one. */
export const recallResult = script(`
local expires = redis.call('ZSCORE', KEYS[1], ARGV[2])
if not expires or tonumber(expires) <= tonumber(ARGV[1]) then return {} end
return { redis.call('HGET', KEYS[2], ARGV[2]) or '' }`);
