import { ClusterError } from "../core/mod.ts";
import { checkFilePermission, mayUse, useFile } from "./file_access.ts";
import { syncFolder } from "./sync_folder.ts";

/**
 * Links that are followed before one that leads back to itself is given up: as many as Linux
 * follows.
 */
const LINKS_FOLLOWED = 40;
/**
 * Characters of a file's name that the name beside it repeats: names have 255 bytes at the most.
 */
const NAME_REPEATED = 60;

/**
 * A file that is being written. It takes the place of what was there when it is finished; when it
 * is disposed of before, what was there stays as it was, and nothing is left of it.
 */
export interface ReplacedFile extends AsyncDisposable {
  /** Writes all of the text, at the end. */
  write(text: string): Promise<void>;
  /** All is written: from now on it is what stands at the path, also after a loss of power. */
  finish(): Promise<void>;
}

/**
 * Begins to replace a file, or to make one: it is written beside, synced, and renamed. A link is
 * followed, and the new file has the mode and owner of the old one.
 *
 * Where nothing may be written beside it (only the file itself was permitted, or its folder belongs
 * to somebody else) it is written in place, but not before all of it is there. What is no file,
 * like a pipe, is written to.
 *
 * @throws {ClusterError} `NOT_PERMITTED` naming the permission that is missing, or why it failed.
 */
export async function replaceFile(path: string): Promise<ReplacedFile> {
  checkFilePermission("write", path);
  if (!mayUse("read", path)) return await InPlaceFile.open(path);
  const target = await useFile(path, () => followed(path));
  const old = await useFile(path, () => statOf(target));
  if (old?.isDirectory === true) {
    throw new ClusterError("NOT_PERMITTED", `Cannot write ${path}: it is a folder`);
  }
  if (old?.isFile === false) return await StreamedFile.open(path);
  const beside = besideOf(target);
  if (!mayUse("read", beside) || !mayUse("write", beside)) return await InPlaceFile.open(path);
  try {
    return await BesideFile.open(path, target, beside, old);
  } catch (error) {
    const isForbidden = error instanceof ClusterError &&
      error.cause instanceof Deno.errors.PermissionDenied;
    if (old === undefined || !isForbidden) throw error;
    return await InPlaceFile.open(path);
  }
}

/** Replaces a file by a text, or makes it; see {@linkcode replaceFile}. */
export async function replaceFileBy(path: string, text: string): Promise<void> {
  await using file = await replaceFile(path);
  await file.write(text);
  await file.finish();
}

/** Written beside what it replaces. */
class BesideFile implements ReplacedFile {
  readonly #path: string;
  readonly #target: string;
  readonly #beside: string;
  readonly #file: Deno.FsFile;
  #isOver = false;

  private constructor(path: string, target: string, beside: string, file: Deno.FsFile) {
    this.#path = path;
    this.#target = target;
    this.#beside = beside;
    this.#file = file;
  }

  static async open(
    path: string,
    target: string,
    beside: string,
    old: Deno.FileInfo | undefined,
  ): Promise<BesideFile> {
    const mode = old?.mode ?? null;
    // Never more open than the old one, not even for a moment.
    const opening = mode === null ? {} : { mode: mode & 0o777 };
    const made = await useFile(
      path,
      () => Deno.open(beside, { write: true, createNew: true, ...opening }),
    );
    const file = new BesideFile(path, target, beside, made);
    try {
      if (old !== undefined) await useFile(path, () => takeOver(beside, old));
      return file;
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw error;
    }
  }

  async write(text: string): Promise<void> {
    await useFile(this.#path, () => writeAll(this.#file, text));
  }

  async finish(): Promise<void> {
    await useFile(this.#path, async () => {
      await this.#file.sync();
      await Deno.rename(this.#beside, this.#target);
      this.#isOver = true;
      this.#file.close();
      syncFolder(folderOf(this.#target));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#file.close();
    // An error that is under way says more than this one would.
    await Deno.remove(this.#beside).catch(() => {});
  }
}

/** Written where it stands, once all of it is there. */
class InPlaceFile implements ReplacedFile {
  readonly #path: string;
  readonly #texts: string[] = [];
  /** What is there already; opened at the beginning, to say then if it cannot be written. */
  #file: Deno.FsFile | undefined;

  private constructor(path: string, file: Deno.FsFile | undefined) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<InPlaceFile> {
    const there = await useFile(path, async () => {
      try {
        return await Deno.open(path, { write: true });
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    });
    return new InPlaceFile(path, there);
  }

  write(text: string): Promise<void> {
    this.#texts.push(text);
    return Promise.resolve();
  }

  async finish(): Promise<void> {
    await useFile(this.#path, async () => {
      this.#file ??= await Deno.open(this.#path, { write: true, create: true });
      const isFile = await emptied(this.#file);
      for (const text of this.#texts) await writeAll(this.#file, text);
      if (isFile) await this.#file.sync();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#file?.close();
    this.#file = undefined;
    return Promise.resolve();
  }
}

/** What is no file takes what it is given, and keeps nothing to be replaced. */
class StreamedFile implements ReplacedFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<StreamedFile> {
    return new StreamedFile(path, await useFile(path, () => Deno.open(path, { append: true })));
  }

  async write(text: string): Promise<void> {
    await useFile(this.#path, () => writeAll(this.#file, text));
  }

  finish(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}

/** Empties a file; `false` for what is none. To look at it would need the permission to read it. */
async function emptied(file: Deno.FsFile): Promise<boolean> {
  try {
    await file.truncate(0);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "EINVAL") return false;
    throw error;
  }
}

/** Where a path leads in the end: through links, and to what is still to be made. */
async function followed(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < LINKS_FOLLOWED; links++) {
    let info: Deno.FileInfo;
    try {
      info = await Deno.lstat(at);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return at;
      throw error;
    }
    if (!info.isSymlink) return at;
    const link = await Deno.readLink(at);
    at = /^([/\\]|[A-Za-z]:)/.test(link) ? link : `${folderOf(at)}/${link}`;
  }
  throw new Error("it is a link that leads back to itself");
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Gives a file the mode and, where this user may, the owner of another. */
async function takeOver(path: string, { mode, uid, gid }: Deno.FileInfo): Promise<void> {
  if (Deno.build.os === "windows" || mode === null) return;
  const made = await Deno.stat(path);
  if (made.uid !== uid || made.gid !== gid) await Deno.chown(path, uid, gid).catch(() => {});
  await Deno.chmod(path, mode & 0o777);
}

/** A name of its own in the same folder: a rename replaces at once only within a file system. */
function besideOf(path: string): string {
  const name = path.slice(folderEnd(path)).slice(0, NAME_REPEATED);
  const own = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(16);
  return `${folderOf(path)}/.${name}.${own}.part`;
}

function folderOf(path: string): string {
  const end = folderEnd(path);
  if (end === 0) return ".";
  return end === 1 ? path.slice(0, 1) : path.slice(0, end - 1);
}

/** Where the last name of a path begins. */
function folderEnd(path: string): number {
  const isWindows = Deno.build.os === "windows";
  return Math.max(path.lastIndexOf("/"), isWindows ? path.lastIndexOf("\\") : -1) + 1;
}

async function writeAll(file: Deno.FsFile, text: string): Promise<void> {
  let left = new TextEncoder().encode(text);
  while (left.length > 0) left = left.subarray(await file.write(left));
}
