const form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of a base64 text, in which line breaks do not count (RFC 2045 section 6.8); null where it is none. */
export function bytesOfBase64(base64: string): Buffer | null {
  const joined = /[\r\n]/.test(base64) ? base64.replaceAll(/[\r\n]+/g, "") : base64;
  return form.test(joined) ? Buffer.from(joined, "base64") : null;
}
