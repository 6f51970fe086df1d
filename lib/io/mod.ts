/**
 * The world: TCP, the disk, the machine's clocks and entropy, as the ports that `core` names.
 *
 * Nothing else in the program touches them, and only the composition root (`lib/mod.ts` and the
 * command line) imports this folder: a node that is given other ports runs in a simulator.
 *
 * A data folder is opened in three steps, so that one that is refused stays as it was found:
 *
 *     openDataFolder ──► inspectFolder ──► openDatabase ──► SqliteStore
 *      permissions        reads only:       excludes all     reads and writes,
 *                         record, pages,    others           notes in the record
 *                         log, losses                        behind each sync
 *
 * | what happened to the folder                          | what is done                                 |
 * |------------------------------------------------------|----------------------------------------------|
 * | the process was killed, at any moment                 | it starts; nothing is lost                   |
 * | the machine lost its power; its last write is torn     | it starts without that write, which nobody was told of |
 * | a file is missing, empty, cut off or of another folder | refused: the record says what was there      |
 * | a byte changed in the database or in the log           | refused: checksums; in the log's last write, by the record, unless power was lost before that was on disk |
 * | the record is missing                                 | taken over as a folder of an earlier version; refused when the log is missing too, or nothing is in the database; of a log that is cut off then, the end is lost without a word |
 * | the record is damaged                                 | refused                                      |
 * | the whole folder is an older copy                      | it starts: only the cluster can tell         |
 *
 * @module
 */
import type { Ports } from "../core/mod.ts";
import { SystemClock } from "./system_clock.ts";
import { SystemIds, SystemRandom } from "./system_entropy.ts";
import { TcpNetwork } from "./tcp_network.ts";

export * from "./data_folder.ts";
export { readFile } from "./file_access.ts";
export * from "./new_data_folder.ts";
export * from "./replaced_file.ts";
export * from "./system_clock.ts";
export * from "./system_entropy.ts";
export * from "./tcp_limits.ts";
export * from "./tcp_link.ts";
export * from "./tcp_network.ts";

/** This machine's own ports. */
export function systemPorts(): Ports {
  return {
    clock: new SystemClock(),
    random: new SystemRandom(),
    ids: new SystemIds(),
    network: new TcpNetwork(),
  };
}
