import { assert, assertEquals } from "@std/assert";
import { parseAddress } from "../../lib/core/mod.ts";
import { Child, PROGRAM, runProcess } from "../cli/child.ts";

/** The flags of a node that founds. */
export const FOUND: readonly string[] = ["--makeMasterOnError", "--clusterip", "127.0.0.1:1"];

/** A node in a process of its own with a folder that may be put back. */
export class FolderNode {
  readonly folder: string = Deno.makeTempDirSync();
  readonly #name: string;
  #child: Child | undefined;
  address = "";

  /** Its process, in its latest life. */
  get child(): Child {
    assert(this.#child !== undefined, "it was started");
    return this.#child;
  }

  constructor(name: string) {
    this.#name = name;
  }

  /** Begins to start, where it was before unless another port is given. */
  begin(flags: readonly string[], port?: string): Child {
    const own = this.address === "" ? "0" : String(parseAddress(this.address).port);
    const [deno = "", run = "", ...rest] = PROGRAM;
    const permissions = [`--allow-read=${this.folder}`, `--allow-write=${this.folder}`];
    const where = ["--myport", port ?? own, "--name", this.#name, "--data", this.folder];
    const child = new Child([deno, run, "--quiet", ...permissions, ...rest, ...where, ...flags]);
    this.#child = child;
    return child;
  }

  async start(...flags: string[]): Promise<Child> {
    const child = this.begin(flags);
    const [, address = ""] = await child.printed(/^ready \S+ (\S+)/m);
    this.address = address;
    return child;
  }

  async stop(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    try {
      this.#child?.signal(signal);
    } catch {
      // It has ended already.
    }
    await this.#child?.gone();
  }

  /** The folder as it is, for putting it back. */
  copy(): string {
    const copy = Deno.makeTempDirSync();
    copyFiles(this.folder, copy);
    return copy;
  }

  putBack(copy: string): void {
    for (const { name } of Deno.readDirSync(this.folder)) Deno.removeSync(`${this.folder}/${name}`);
    copyFiles(copy, this.folder);
  }

  async put(key: string, value: string): Promise<void> {
    const { code, err } = await runProcess("kv", "put", key, value, "--clusterip", this.address);
    assertEquals(code, 0, err);
  }
}

/** Copies what a folder holds. */
export function copyFiles(from: string, to: string): void {
  for (const { name } of Deno.readDirSync(from)) {
    Deno.copyFileSync(`${from}/${name}`, `${to}/${name}`);
  }
}
