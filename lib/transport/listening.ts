import type { Acceptor } from "./acceptor.ts";
import type { LocalIdentity } from "./local_identity.ts";
import type { OutOfFiles } from "./out_of_files.ts";

/** Listens where the node was told to, and has whoever comes received. */
export class Listening {
  /** What it is called. */
  readonly name = "listening";
  readonly #local: LocalIdentity;
  readonly #acceptor: Acceptor;
  readonly #outOfFiles: OutOfFiles;

  /** Listens nowhere before `start`. */
  constructor(local: LocalIdentity, acceptor: Acceptor, outOfFiles: OutOfFiles) {
    this.#local = local;
    this.#acceptor = acceptor;
    this.#outOfFiles = outOfFiles;
  }

  /**
   * Listens, and says from now on that the node is there.
   *
   * @throws {ClusterError} `NOT_PERMITTED` or `ADDRESS_TAKEN`, saying what to do.
   */
  start(): void {
    const { place } = this.#local;
    place.listen((link) => this.#acceptor.receive(link), () => this.#outOfFiles.met());
    this.#local.introduce(place.first);
  }

  /** Listens no more; links that there are stay. */
  stop(): void {
    this.#local.place.close();
  }
}
