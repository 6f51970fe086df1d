/**
 * The nodes of the tutorial that Muster grew out of: they say one sentence in JSON, are listed as
 * guests, and are never probed.
 *
 * | owns                                          | file               |
 * |-----------------------------------------------|--------------------|
 * | who they are, told to all members             | `guests.ts`        |
 * | what they say when they come                  | `tutorial.ts` |
 *
 * @module
 */
export { type Guest } from "./guests.ts";
export { Tutorial, type TutorialContext } from "./tutorial.ts";
