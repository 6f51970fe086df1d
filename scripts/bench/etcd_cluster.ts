import { TextLineStream } from "@std/streams/text-line-stream";

const MEMBERS = 3;
/** Until three members on one machine have elected a leader. */
const READY_MS = 20_000;
const LOOK_MS = 50;

/** The version of the etcd that is installed; `undefined` when none is. */
export async function etcdVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("etcd", { args: ["--version"], stderr: "null" })
      .output();
    return /etcd Version: (\S+)/.exec(new TextDecoder().decode(stdout))?.[1] ?? "of some version";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Three etcd members on loopback, with data folders of their own and every other flag at its
 * default.
 */
export class EtcdCluster implements AsyncDisposable {
  readonly #children: Deno.ChildProcess[] = [];
  readonly #logs: Promise<void>[] = [];
  #addresses: string[] = [];
  /** The last line that any of them printed: what it died of. */
  #lastWord = "";

  private constructor() {}

  /**
   * Starts the members, and waits until they have a leader.
   *
   * @param folder where their data folders are made.
   */
  static async start(folder: string): Promise<EtcdCluster> {
    const cluster = new EtcdCluster();
    try {
      cluster.#spawn(folder);
      await cluster.#ready();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** Where clients reach the members, the leader last. */
  async addresses(): Promise<string[]> {
    const all = await Promise.all(
      this.#addresses.map(async (address) => ({ address, isLeader: await this.#leads(address) })),
    );
    return all.sort((a, b) => Number(a.isLeader) - Number(b.isLeader))
      .map(({ address }) => address);
  }

  #spawn(folder: string): void {
    const ports = freePorts(2 * MEMBERS);
    const members = Array.from({ length: MEMBERS }, (_, index) => ({
      name: `etcd-${index + 1}`,
      clients: `127.0.0.1:${ports[2 * index]}`,
      peers: `http://127.0.0.1:${ports[2 * index + 1]}`,
    }));
    this.#addresses = members.map(({ clients }) => clients);
    const all = members.map(({ name, peers }) => `${name}=${peers}`).join(",");
    for (const { name, clients, peers } of members) {
      const flags = {
        "name": name,
        "data-dir": `${folder}/${name}`,
        "listen-client-urls": `http://${clients}`,
        "advertise-client-urls": `http://${clients}`,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": all,
        "initial-cluster-token": `muster-bench-${ports[0]}`,
      };
      const child = new Deno.Command("etcd", {
        args: Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
        // Its flags may stand in the environment too: what stands there is not meant for these.
        env: Object.fromEntries(etcdVariables().map((name) => [name, ""])),
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      this.#children.push(child);
      this.#logs.push(this.#listen(child));
    }
  }

  async #listen(child: Deno.ChildProcess): Promise<void> {
    const lines = child.stderr.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    for await (const line of lines) if (line !== "") this.#lastWord = line;
  }

  async #ready(): Promise<void> {
    const giveUpAt = performance.now() + READY_MS;
    while (!(await Promise.all(this.#addresses.map(isHealthy))).every(Boolean)) {
      if (performance.now() > giveUpAt) {
        throw new Error(`etcd is not ready after ${READY_MS} ms: ${this.#lastWord}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #leads(address: string): Promise<boolean> {
    return /^etcd_server_is_leader 1$/m.test(await get(`http://${address}/metrics`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    await Promise.all(this.#children.map((child) => child.status));
    await Promise.all(this.#logs);
  }
}

async function isHealthy(address: string): Promise<boolean> {
  try {
    return /"health":\s*"true"/.test(await get(`http://${address}/health`));
  } catch {
    // It does not listen yet.
    return false;
  }
}

async function get(url: string): Promise<string> {
  const answer = await fetch(url);
  return await answer.text();
}

function etcdVariables(): string[] {
  return Object.keys(Deno.env.toObject()).filter((name) => name.startsWith("ETCD_"));
}

/** Ports that nobody listens on: etcd's members have to know each other's before they start. */
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}
