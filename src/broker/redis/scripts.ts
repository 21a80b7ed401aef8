import { script } from "./script.ts";

/**
 * The generation of the server, which every epoch belongs to: its replication id, which is another one after a restart
 * and after a failover. Read in every call, so that no node can use one that is over (6 us, measured on Redis 7.0).
 * `ARGV[1]`: `replication_id` or `none`.
 */
const generation = `
local g = ''
if ARGV[1] == 'replication_id' then
  g = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
  if not g then return redis.error_reply('NOREPLID the server does not tell its replication id') end
end`;

/** The generation. */
export const generationNow = script(generation, "return g");

/** Opens a stream: one of another generation ends, and one that is not there begins with the epoch that is given. */
const open = `
local function open(stream, meta, epoch)
  local m = redis.call('HMGET', meta, 'e', 's', 'g', 'v', 've')
  if m[1] and m[3] == g then return m[1], m[2], tonumber(m[4] or '0'), m[5] or '' end
  redis.call('DEL', stream, meta)
  redis.call('HSET', meta, 'e', epoch, 's', '0', 'g', g)
  return epoch, '0', 0, ''
end`;

/**
 * Appends and publishes entries. Keys of each: stream, meta, result. Arguments of each: channel of its messages, body,
 * size (0: not kept), ttl, meta ttl, life of its key (0: none), version, epoch of the version, epoch of a new stream.
 * The answer has for each: offset, epoch, and 1 where it is new, 2 where the stream kept none before it; the message of
 * such a one begins with a plus sign. What holds for a stream is asked and set once a call, however many entries it has:
 * four of seven commands, a third of the CPU of Redis where clients publish in one channel.
 */
export const append = script(
  generation,
  open,
  `
local answers, seen = {}, {}
for i = 0, #KEYS / 3 - 1 do
  local stream, meta, result = KEYS[i * 3 + 1], KEYS[i * 3 + 2], KEYS[i * 3 + 3]
  local a = i * 9 + 1
  local size, life, version, versionEpoch = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 6]), tonumber(ARGV[a + 7]), ARGV[a + 8]
  local known = life > 0 and redis.call('HMGET', result, 's', 'e') or {}
  local offset, epoch, isNew = '0', '', 1
  if known[1] then
    offset, epoch, isNew = known[1], known[2], 0
  elseif size > 0 then
    local at = seen[stream]
    if not at then
      at = {}
      at.epoch, at.offset, at.version, at.versionEpoch = open(stream, meta, ARGV[a + 9])
      at.isKept = redis.call('EXISTS', stream) == 1
      seen[stream] = at
    end
    epoch = at.epoch
    if version > 0 and version <= at.version and (versionEpoch == '' or versionEpoch == at.versionEpoch) then
      isNew = 0
    else
      at.offset = string.format('%.0f', redis.call('HINCRBY', meta, 's', 1))
      if version > 0 or at.version > 0 or versionEpoch ~= at.versionEpoch then
        redis.call('HSET', meta, 'v', ARGV[a + 7], 've', versionEpoch)
        at.version, at.versionEpoch = version, versionEpoch
      end
      if not at.isKept then isNew = 2 end
      redis.call('XADD', stream, 'MAXLEN', ARGV[a + 3], at.offset .. '-0', 'd', ARGV[a + 2])
      at.isKept = true
    end
    offset = at.offset
    if at.isKept and at.ttl ~= ARGV[a + 4] then
      redis.call('PEXPIRE', stream, ARGV[a + 4])
      at.ttl = ARGV[a + 4]
    end
    if at.metaTtl ~= ARGV[a + 5] then
      redis.call('PEXPIRE', meta, ARGV[a + 5])
      at.metaTtl = ARGV[a + 5]
    end
  end
  if isNew > 0 then
    if life > 0 then
      redis.call('HSET', result, 's', offset, 'e', epoch)
      redis.call('PEXPIRE', result, life)
    end
    redis.call('PUBLISH', ARGV[a + 1], (isNew == 2 and '+' or '') .. offset .. ' ' .. epoch .. ' ' .. ARGV[a + 2])
  end
  answers[#answers + 1] = offset
  answers[#answers + 1] = epoch
  answers[#answers + 1] = isNew
end
return answers`,
);

/**
 * Reads a stream and renews it. Keys: stream, meta. Arguments: meta ttl, epoch of a new stream, the epoch that is known,
 * least offset ("" for no entry), greatest offset ("" for the top), count ("" for all), 1 for reverse.
 */
export const read = script(
  generation,
  open,
  `
local epoch, top = open(KEYS[1], KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local from, to, count = ARGV[5], ARGV[6], ARGV[7]
if ARGV[4] ~= '' and ARGV[4] ~= epoch then from = '1' end
if to == '' then to = top end
local entries = {}
if from ~= '' and tonumber(from) <= tonumber(to) then
  local range = ARGV[8] == '1' and { 'XREVRANGE', KEYS[1], to .. '-0', from .. '-0' } or { 'XRANGE', KEYS[1], from .. '-0', to .. '-0' }
  if count ~= '' then
    range[#range + 1] = 'COUNT'
    range[#range + 1] = count
  end
  entries = redis.call(unpack(range)) or {}
end
return { epoch, top, redis.call('PTTL', KEYS[1]), entries }`,
);

/** The positions of streams. Keys: metas. The answer has for each: epoch ("" for none) and offset. */
export const tops = script(
  generation,
  `
local answers = {}
for _, meta in ipairs(KEYS) do
  local m = redis.call('HMGET', meta, 'e', 's', 'g')
  local isHere = m[1] and m[3] == g
  answers[#answers + 1] = isHere and m[1] or ''
  answers[#answers + 1] = isHere and m[2] or '0'
end
return answers`,
);

/** Forgets publications. Keys: stream, meta. Arguments: channel of the messages, notice. */
export const remove = script(`
local m = redis.call('HMGET', KEYS[2], 'e', 's')
redis.call('DEL', KEYS[1])
if m[1] then redis.call('PUBLISH', ARGV[1], m[2] .. ' ' .. m[1] .. ' ' .. ARGV[2]) end
return 1`);

/** Ends a stream that has the epoch. Keys: stream, meta. Argument: the epoch. */
export const renew = script(`
if redis.call('HGET', KEYS[2], 'e') == ARGV[1] then redis.call('DEL', KEYS[1], KEYS[2]) end
return 1`);
