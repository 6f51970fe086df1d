import { UsageError } from "../usage_error.ts";

/**
 * All of an input, as text. Bytes that are no text are refused: put in the place of others they
 * would be kept as something else in silence.
 *
 * @throws {UsageError} when it is over `limitBytes`, or no UTF-8.
 */
export async function inputText(
  input: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > limitBytes) {
      throw new UsageError(`The standard input is over ${limitBytes} bytes`);
    }
    chunks.push(chunk);
  }
  const whole = await new Blob(chunks as BlobPart[]).bytes();
  try {
    // A byte order mark is a character of the text, too.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(whole);
  } catch (error) {
    throw new UsageError(
      "The standard input is no text in UTF-8, and values are texts and JSON: encode it, as base64 does",
      { cause: error },
    );
  }
}
