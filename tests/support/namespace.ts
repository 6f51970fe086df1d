/**
 * Addresses that no network outside a namespace has to know: those for documentation and private
 * use.
 */
export const FIRST = "10.77.0.1";
/** Another of them. */
export const SECOND = "10.77.0.2";
/** One of version 6. */
export const SIXTH = "fd77::1";

let made = 0;

/** A network of its own on this machine, with several addresses that are not loopback. */
export class Namespace {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  /** Makes one; `undefined` where this process may not, or the system has none. */
  static make(addresses: readonly string[]): Namespace | undefined {
    const name = `muster-${Deno.pid}-${++made}`;
    try {
      if (!ip("netns", "add", name)) return undefined;
    } catch {
      return undefined;
    }
    const namespace = new Namespace(name);
    ip("-n", name, "link", "set", "lo", "up");
    for (const address of addresses) namespace.add(address);
    return namespace;
  }

  /** Gives its machine one address more. */
  add(address: string): void {
    const length = address.includes(":") ? 128 : 32;
    // Of version 6 an address is not used before it is known to be no other's, which here takes no
    // time.
    const flags = address.includes(":") ? ["nodad"] : [];
    ip("-n", this.#name, "address", "add", `${address}/${length}`, "dev", "lo", ...flags);
  }

  /** Takes an address away. */
  remove(address: string): void {
    ip("-n", this.#name, "address", "del", `${address}/32`, "dev", "lo");
  }

  /** The command that runs a program in it. */
  command(command: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.#name, ...command];
  }

  [Symbol.dispose](): void {
    ip("netns", "del", this.#name);
  }
}

function ip(...args: string[]): boolean {
  return new Deno.Command("ip", { args, stdout: "null", stderr: "null" }).outputSync().success;
}
