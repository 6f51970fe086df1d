/**
 * What a terminal shows and takes: tables, widths, colours, durations, text from standard input.
 *
 * Text from elsewhere passes `printable` before a terminal sees it, so that nobody else's bytes
 * steer it.
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
