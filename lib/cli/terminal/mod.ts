/**
 * What a terminal shows and takes: tables, widths, colours, durations, text from standard input.
 *
 * Text from elsewhere passes `printable` before a terminal sees it, so that nobody else's bytes
 * steer it.
 *
 * | owns | file |
 * |------|------|
 * | tables, and how wide a text is | `table.ts`, `key_value_table.ts`, `display_width.ts` |
 * | colours, times and durations | `palette.ts`, `line_times.ts`, `duration.ts` |
 * | text out, and in | `text_writer.ts`, `input_text.ts` |
 * | what others may not do to a terminal | `sanitize.ts` |
 *
 * @module
 */
export { displayWidth } from "./display_width.ts";
export { formatAge, formatRoundTrip, parseDuration } from "./duration.ts";
export { inputText } from "./input_text.ts";
export { keyValueTable, type NameOf } from "./key_value_table.ts";
export { LineTimes } from "./line_times.ts";
export { type Paint, paletteFor, type Tone, toneOfState } from "./palette.ts";
export { jsonLine, jsonLines, sanitize } from "./sanitize.ts";
export { formatTable } from "./table.ts";
export { type LostLines, TextWriter } from "./text_writer.ts";
