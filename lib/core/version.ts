/** The version of this program; `deno.json` says the same, and a test keeps the two equal. */
export const VERSION = "0.1.0";
