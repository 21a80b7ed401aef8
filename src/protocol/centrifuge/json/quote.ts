/** Printable ASCII but for the two that JSON escapes: what names of channels, users and clients nearly always are. */
const plainText = /^[ !#-[\]-~]*$/;

/**
 * What `JSON.stringify` makes of a text, in two thirds of its time for the plain ones: with three texts a publication
 * that is a twentieth of all that a publication to ten costs (Bun 1.4.5).
 */
export function quote(text: string): string {
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}
