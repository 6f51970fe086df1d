/**
 * Ports from which none is ever given to a socket that asks for any: below those of Linux and the
 * IANA.
 */
const [LOWEST, HIGHEST] = [10_000, 32_000];

/**
 * Ports of loopback where nothing listens, for nodes that must know theirs before they start.
 *
 * They are drawn where the system gives away none by itself, so that no test which runs beside
 * takes one.
 */
export function freePorts(count: number): number[] {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
