/** Bytes of the name of a device. */
const bytesMax = 64;

/**
 * The device that a value names: a text of at most 64 bytes. "" for any other value, because `device` may have another
 * meaning in an application: such a connection shares the device of those that name none.
 */
export function deviceOf(value: unknown): string {
  const isName = typeof value === "string" && value.isWellFormed() && Buffer.byteLength(value) <= bytesMax;
  return isName ? value : "";
}

/** The device that the data of a connect command names. */
export function deviceInJson(json: string): string {
  // Most data names none, and is not parsed.
  if (!json.includes('"device"')) return "";
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && "device" in value ? deviceOf(value.device) : "";
  } catch {
    return "";
  }
}
