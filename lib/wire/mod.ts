/**
 * The wire: how a byte stream becomes messages and messages become bytes.
 *
 *     bytes ──► FrameDecoder ──► text ──► parseMessages ──► Message
 *     Message ──► FrameEncoder ──► bytes (one write a turn)
 *
 * A frame is a 4-byte big-endian length and that many bytes of UTF-8 JSON; `PROTOCOL.md` in this
 * folder has every byte. An error is written in `error_message.ts` alone, so that it always fits a
 * frame. Pure: the sockets are in `io`.
 *
 * @module
 */
export * from "./error_message.ts";
export * from "./foreign_speech.ts";
export * from "./frame_decoder.ts";
export * from "./frame_encoder.ts";
export * from "./members_page.ts";
export * from "./members_view.ts";
export * from "./message_parser.ts";
export * from "./node_event.ts";
