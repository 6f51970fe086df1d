/** Another protocol, known from the first bytes of a connection. */
export interface ForeignSpeech {
  /** What people call it. */
  readonly name: string;
  /** What it is to whoever said it to a node. */
  readonly complaint: string;
  /** The last words that its own programs understand; others get an `error` of ours. */
  readonly answer?: Uint8Array;
}

/** Bytes by which another protocol is known: those of a frame's length. */
const KNOWN_BY_BYTES = 4;
/** How the usual methods of HTTP begin, HTTP/2's preface among them. */
const HTTP_METHODS = /^(GET |PUT |PRI |POST|HEAD|DELE|OPTI|PATC|CONN|TRAC|PROP|PURG)/;
/** A request with any other method; empty lines may stand before one (RFC 9112, 2.2 and 3). */
const HTTP_REQUEST = /^[\r\n]*[A-Z][A-Z-]* +(?:[/*]|[a-z]+:\/\/)/;
/** What may yet become one: its method, or a part of that, or the empty lines before it. */
const HTTP_BEGUN = /^[\r\n]*(?:[A-Z][A-Z-]* *[a-z]*:?\/?)?$/;
/** Bytes after which no more are waited for: the longest registered method has 17 letters. */
const HTTP_KNOWN_BY_BYTES = 64;
const TLS_ALERT = 0x15;
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR = 0x03;
/** A fatal alert of TLS 1.0, which every version reads: `handshake_failure`. */
const TLS_REFUSAL = Uint8Array.of(TLS_ALERT, TLS_MAJOR, 0x01, 0, 2, 2, 40);
/** The type of the frame that an HTTP/2 server begins with. */
const HTTP2_SETTINGS = 4;
const HTTP2_HEADER_BYTES = 9;

/** What servers that speak first, or answer what they do not understand, begin with. */
const GREETINGS: readonly [begins: RegExp, name: string][] = [
  [/^HTTP/, "HTTP"],
  // To what is no request of theirs some servers answer as HTTP/0.9 did: with a page alone.
  [/^<[!h?]/i, "HTTP"],
  [/^SSH-/, "SSH"],
  [/^[2-5]\d\d[ -]/, "SMTP or FTP"],
  [/^\+OK/, "POP3"],
  [/^\* [A-Z]/, "IMAP"],
  [/^[-+][A-Z]{2}/, "Redis"],
  [/^INFO/, "NATS"],
  [/^RFB /, "VNC"],
  [/^AMQP/, "AMQP"],
  [/^@RSY/, "rsync"],
  [/^ERRO/, "memcached"],
];

/**
 * Whether the next bytes may show that a connection begins with a request of HTTP, which is
 * answered in its own words.
 *
 * @param bytes the first of a connection, at least four, and no frame of ours.
 */
export function mayBecomeHttp(bytes: Uint8Array): boolean {
  if (bytes.length >= HTTP_KNOWN_BY_BYTES) return false;
  const text = asciiOf(bytes);
  if (HTTP_METHODS.test(text) || GREETINGS.some(([begins]) => begins.test(text))) return false;
  return HTTP_BEGUN.test(text);
}

/**
 * Tells which protocol begins so, if it is not ours: as a frame the bytes would announce a giant.
 *
 * @param bytes the first of a connection, as many as have come: at least four.
 */
export function foreignSpeech(bytes: Uint8Array): ForeignSpeech {
  const text = asciiOf(bytes).slice(0, KNOWN_BY_BYTES);
  if (HTTP_METHODS.test(text) || HTTP_REQUEST.test(asciiOf(bytes))) {
    const complaint = "This is HTTP, and this port speaks frames of JSON";
    return { name: "HTTP", complaint, answer: httpRefusal(/^[\r\n]*HEAD/.test(asciiOf(bytes))) };
  }
  const [first, second, third, fourth, fifth] = bytes;
  if (second === TLS_MAJOR && (first === TLS_HANDSHAKE || first === TLS_ALERT)) {
    const complaint = "This is a TLS hello, and this port speaks plain frames";
    return first === TLS_ALERT
      ? { name: "TLS", complaint }
      : { name: "TLS", complaint, answer: TLS_REFUSAL };
  }
  const named = GREETINGS.find(([begins]) => begins.test(text))?.[1];
  // Both begin with a length of few bytes: MySQL's greeting goes on with its version, or an error.
  const isShort = third === 0 && fourth === 0 && second === 0;
  const isMySql = isShort && (fifth === 0x0a || fifth === 0xff);
  const isPostgres = isShort && text.startsWith("E");
  const name = named ?? (isMySql ? "MySQL" : isPostgres ? "PostgreSQL" : "another protocol");
  // Tab, line ends and what can be printed: somebody types.
  const isTyped = /^[\t-\r -~]*$/.test(text);
  const complaint = isTyped
    ? "This is text, and this port speaks frames of JSON; to type, begin with " +
      '{"type":"members"}'
    : "";
  return { name, complaint };
}

/**
 * Whether a connection begins with the frame of settings of an HTTP/2 server, which fits our
 * limits.
 */
export function isHttp2Settings(bytes: Uint8Array): boolean {
  return bytes.length >= HTTP2_HEADER_BYTES && bytes[3] === HTTP2_SETTINGS &&
    bytes.subarray(4, HTTP2_HEADER_BYTES).every((byte) => byte === 0);
}

/** The first bytes as text, each as one character. */
function asciiOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, HTTP_KNOWN_BY_BYTES));
}

/** An answer that browsers, `curl` and load balancers show or log. */
function httpRefusal(isHead: boolean): Uint8Array {
  const body = "This port speaks Muster's own protocol, frames of JSON, and not HTTP.\n" +
    "To ask this node: muster members --clusterip HOST:PORT\n" +
    'Without a program: nc HOST PORT, and type {"type":"members"}\n';
  const head = [
    "HTTP/1.1 400 Bad Request",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${body.length}`,
    "Connection: close",
    "",
    "",
  ].join("\r\n");
  return new TextEncoder().encode(isHead ? head : head + body);
}
