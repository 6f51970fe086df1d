/** Where a node listens, as others dial it. */
export interface Address {
  /** A host name or IP address, IPv6 without brackets. */
  host: string;
  /** A TCP port, 1 to 65535 (0 only for "any free one" when listening). */
  port: number;
}

/** Where a node listens, and looks for a cluster, unless it is told otherwise. */
export const DEFAULT_PORT = 8001;

const HOST_SHAPE = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?$/;
const IPV6_SHAPE = /^[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9_.-]{1,32})?$/;

/**
 * Reads `HOST:PORT`, with IPv6 in brackets (`[::1]:8001`).
 *
 * @throws {TypeError} saying what is wrong with the text.
 */
export function parseAddress(text: string): Address {
  const shape = /^(?:\[([^\]]*)\]|([^:[\]]*)):([^:]*)$/.exec(text);
  if (shape === null) {
    const hint = /:.*:/.test(text) ? "; an IPv6 address stands in brackets: [::1]:8001" : "";
    throw new TypeError(`Invalid address "${text}": write HOST:PORT, like 127.0.0.1:8001${hint}`);
  }
  const [, bracketed, plain, portText = ""] = shape;
  const host = bracketed ?? plain ?? "";
  const isHost = bracketed === undefined
    ? HOST_SHAPE.test(host)
    : IPV6_SHAPE.test(host) && host.includes(":");
  if (!isHost) throw new TypeError(`Invalid address "${text}": "${host}" is not a host`);
  return { host, port: parsePort(portText, text) };
}

/**
 * Reads an address as a person writes it: the port may be left out, and IPv6 stands bare then.
 *
 * @param defaultPort of an address without a port.
 * @throws {TypeError} saying what is wrong with the text.
 */
export function parseTypedAddress(text: string, defaultPort: number = DEFAULT_PORT): Address {
  const bracketed = /^\[([^\]]*)\]$/.exec(text)?.[1];
  const host = bracketed ?? text;
  const isAddressAlone = bracketed === undefined
    ? isHostName(host) || (isIpv6(host) && !endsLikePort(host))
    : isIpv6(host);
  return isAddressAlone ? { host, port: defaultPort } : parseAddress(text);
}

/** What a person's text is as an address of the wire; `undefined` when it is none. */
export function typedAddressText(text: string): string | undefined {
  try {
    return formatAddress(parseTypedAddress(text));
  } catch {
    return undefined;
  }
}

/** Whether it is a host name or an IPv4 address; a number alone was meant as a port. */
function isHostName(host: string): boolean {
  return HOST_SHAPE.test(host) && !/^\d+$/.test(host);
}

function isIpv6(host: string): boolean {
  return IPV6_SHAPE.test(host) && URL.canParse(`http://[${host.replace(/%.*$/, "")}]/`);
}

/** `::1:8001` is an address, and yet whoever writes it means a port: brackets say which. */
function endsLikePort(host: string): boolean {
  const [, before = "", last = ""] = /^(.*):(\d{4,5})$/.exec(host) ?? [];
  return last !== "" && isIpv6(before);
}

/**
 * Reads a TCP port to dial.
 *
 * @param context what the port is part of, for the error.
 * @throws {TypeError} when it is not a whole number from 1 to 65535.
 */
export function parsePort(text: string, context = text): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port >= 1 && port <= 65_535)) {
    throw new TypeError(`Invalid address "${context}": the port is a number from 1 to 65535`);
  }
  return port;
}

/** Writes an address as `parseAddress` reads it. */
export function formatAddress(address: Address): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** Whether a value of the wire is an address as `formatAddress` writes it. */
export function isAddress(value: unknown): value is string {
  if (typeof value !== "string" || value.length > 262) return false;
  try {
    parseAddress(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host) ||
    /^::ffff:127(?:\.\d{1,3}){3}$/i.test(host);
}

/** Whether the host means "every interface", which nobody can dial. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || /^[0:]*::?[0:]*$/.test(host);
}
