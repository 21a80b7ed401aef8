/** Slots of a cluster. */
export const slotCount = 16_384;

/** What a key has between its first brace and the next one that closes it; the whole key where there is nothing. */
export function tagOf(key: string): string {
  const begin = key.indexOf("{");
  const end = begin < 0 ? -1 : key.indexOf("}", begin + 1);
  return end > begin + 1 ? key.slice(begin + 1, end) : key;
}

export function slotOf(key: string): number {
  return slotOfTag(tagOf(key));
}

/** The slot of a tag: its CRC16 (XMODEM), as the specification of Redis Cluster says. */
export function slotOfTag(tag: string): number {
  let crc = 0;
  for (const byte of encoder.encode(tag)) crc = ((crc << 8) ^ (table[(crc >> 8) ^ byte] ?? 0)) & 0xffff;
  return crc % slotCount;
}

const encoder = new TextEncoder();

const table = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});
