/**
 * A name as it is kept and compared: in Unicode's composed form (NFC), so that names which look alike, é as
 * one character and e with an accent, are one name.
 */
export function composedName(text: string): string {
  return text.normalize("NFC");
}
