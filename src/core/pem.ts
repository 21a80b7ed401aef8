const block = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

/**
 * The PEM text (RFC 7468) in a value, with a line break where each belongs; null where the value holds none. The forms
 * are those of a variable: the text, the text with `\n` for line breaks, the text on one line, the base64 of any of them,
 * each with or without quotation marks, white space or a byte order mark around it.
 */
export function readPem(value: string): string | null {
  const text = bare(value);
  if (text.includes("-----BEGIN ")) return withLineBreaks(text);
  const decoded = Buffer.from(text, "base64").toString("latin1");
  return decoded.includes("-----BEGIN ") ? withLineBreaks(bare(decoded)) : null;
}

/** Whether a PEM text holds a private key that takes a passphrase (PKCS #8, or the older form of OpenSSL). */
export function isEncryptedPem(pem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem);
}

function bare(value: string): string {
  const text = value.trim();
  return /^(["'])[\s\S]*\1$/.test(text) ? text.slice(1, -1).trim() : text;
}

function withLineBreaks(text: string): string {
  const unescaped = text.replace(/(?:\\r)?\\n/g, "\n");
  const blocks = [...unescaped.matchAll(block)].map(([whole, label = "", body = ""]) => {
    // A block with headers (an encrypted key) cannot be broken into lines anew.
    if (body.includes(":")) return whole;
    const lines = body.replace(/\s+/g, "").match(/.{1,64}/g) ?? [];
    return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join("\n");
  });
  return blocks.length === 0 ? unescaped : `${blocks.join("\n")}\n`;
}
