/**
 * A name as it is kept and compared: in Unicode's composed form (NFC), so that names which look
 * alike, é as one character and e with an accent, are one name.
 */
export function composedName(text: string): string {
  return text.normalize("NFC");
}

/**
 * Whether a name would be taken for what it is not: whoever says "master" means the one who leads.
 */
export function isReservedName(name: string): boolean {
  return composedName(name).toLowerCase() === "master";
}
