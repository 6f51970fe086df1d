import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ClusterError, NOTHING_HELD } from "../../lib/core/mod.ts";
import { FolderRecord, RECORD_FILE } from "../../lib/io/folder_record.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { entries, entry, metaOf } from "./store_compliance.ts";

const DATABASE = "muster.db";
const LOG = "muster.db-wal";
const IDENTITY = { id: "a", cluster: "c", members: [] };
const ENTRIES = 20;

type Files = ReadonlyMap<string, Uint8Array>;

/** What a folder holds, file by file. */
function filesOf(folder: string): Files {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  return new Map(names.map((name) => [name, Deno.readFileSync(`${folder}/${name}`)]));
}

/** Runs something in a folder with those files. */
function inFolder<T>(files: Files, use: (folder: string) => T): T {
  const folder = Deno.makeTempDirSync();
  try {
    for (const [name, bytes] of files) Deno.writeFileSync(`${folder}/${name}`, bytes);
    return use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** A folder in which 20 entries became durable, one after another. */
function written(how: "killed" | "stopped" | "restarted and killed"): Files {
  return inFolder(new Map(), (folder) => {
    let store = new SqliteStore(folder);
    store.saveIdentity(IDENTITY);
    store.persist({ vote: { term: 1, votedFor: "a" }, snapshot: metaOf(0) });
    const half = how === "restarted and killed" ? ENTRIES / 2 : ENTRIES;
    for (let index = 1; index <= half; index++) {
      store.persist({ entries: [entry(index)] });
      store.noteCommit(index);
    }
    if (how === "restarted and killed") {
      store.close();
      store = new SqliteStore(folder);
      for (let index = half + 1; index <= ENTRIES; index++) {
        store.persist({ entries: [entry(index)] });
      }
    }
    const files = filesOf(folder);
    store.close();
    return how === "stopped" ? filesOf(folder) : files;
  });
}

/** What may happen to a file. */
const HARMS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array | undefined>> = {
  "is gone": () => undefined,
  "is empty": () => new Uint8Array(),
  "has one byte": (bytes) => bytes.slice(0, 1),
  "has a hundred bytes": (bytes) => bytes.slice(0, 100),
  "is cut in half": (bytes) => bytes.slice(0, bytes.length / 2),
  "lacks its last quarter": (bytes) => bytes.slice(0, bytes.length * 3 / 4),
  "is all zeros": (bytes) => new Uint8Array(bytes.length),
  "is of some other kind": () => new TextEncoder().encode("no file of ours, ".repeat(1_000)),
};

/** Either all is there, or the folder is refused with advice and not a byte of it is changed. */
function expectWholeOrRefused(files: Files, what: string): "whole" | "refused" {
  return inFolder(files, (folder) => {
    try {
      const store = new SqliteStore(folder);
      try {
        assertEquals(store.identity(), IDENTITY, what);
        assertEquals(store.load()?.entries, entries(1, ENTRIES), what);
        assertEquals(store.load()?.votedFor, "a", what);
      } finally {
        store.close();
      }
      return "whole";
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      assertEquals(error.code, "STORE_FAILED", what);
      assertStringIncludes(error.message, folder);
      assertStringIncludes(error.message, "Nothing in the folder was changed", what);
      assertStringIncludes(error.message, "put", what);
      assertEquals(filesOf(folder), files, `${what}: it is as it was found`);
      return "refused";
    }
  });
}

for (const how of ["killed", "stopped", "restarted and killed"] as const) {
  Deno.test(`of a folder whose node was ${how} no file can be lost without a word`, () => {
    const files = written(how);
    for (const [name, bytes] of files) {
      for (const [harm, change] of Object.entries(HARMS)) {
        const harmed = new Map(files);
        const left = change(bytes);
        if (left === undefined) harmed.delete(name);
        else harmed.set(name, left);
        const what = `${name} ${harm}`;
        const outcome = expectWholeOrRefused(harmed, what);
        // Only the record itself can be gone and nothing be lost: a folder of an earlier version
        // has none.
        const mayBeWhole = (name === RECORD_FILE &&
          ["is gone", "is cut in half", "lacks its last quarter"].includes(harm)) ||
          bytes.length === 0;
        if (!mayBeWhole) assertEquals(outcome, "refused", what);
      }
    }
  });

  Deno.test(`of a folder whose node was ${how} no two files can be lost without a word`, () => {
    const files = written(how);
    for (const first of files.keys()) {
      for (const second of files.keys()) {
        if (first >= second) continue;
        for (const harm of ["is gone", "is empty", "has one byte"] as const) {
          const harmed = new Map(files);
          for (const name of [first, second]) {
            const left = HARMS[harm]?.(files.get(name) as Uint8Array);
            if (left === undefined) harmed.delete(name);
            else harmed.set(name, left);
          }
          // An empty folder is a new one.
          if (harmed.size === 0) continue;
          assertEquals(expectWholeOrRefused(harmed, `${first} and ${second} ${harm}`), "refused");
        }
      }
    }
  });
}

Deno.test("a whole folder is opened: with its log, without it after a stop, and with a leftover index", () => {
  for (const how of ["killed", "stopped", "restarted and killed"] as const) {
    const files = written(how);
    assertEquals(expectWholeOrRefused(files, how), "whole");
    const withIndex = new Map([...files, ["muster.db-shm", new Uint8Array(32_768)]] as const);
    assertEquals(expectWholeOrRefused(withIndex, `${how}, with an index`), "whole");
    const emptyLog = how === "stopped"
      ? new Map([...files, [LOG, new Uint8Array()]] as const)
      : files;
    assertEquals(expectWholeOrRefused(emptyLog, `${how}, with an empty log`), "whole");
  }
});

Deno.test("a folder of an earlier version, without a record, is taken over and has one from then on", () => {
  for (const how of ["killed", "stopped"] as const) {
    const files = new Map(written(how));
    files.delete(RECORD_FILE);
    inFolder(files, (folder) => {
      new SqliteStore(folder).close();
      assert(filesOf(folder).has(RECORD_FILE));
      Deno.removeSync(`${folder}/${DATABASE}`);
      const refusal = assertThrows(() => new SqliteStore(folder), ClusterError);
      assertStringIncludes(refusal.message, "muster.db is missing");
    });
  }
});

Deno.test("a folder that was only begun, by a process that died at once, is begun again", () => {
  const begun = inFolder(new Map(), (folder) => {
    const store = new SqliteStore(folder);
    const record = filesOf(folder).get(RECORD_FILE) as Uint8Array;
    store.close();
    // As it was written first: both halves say that the database is still to be made.
    const first = record.slice(0, record.length / 2);
    return new Map([[RECORD_FILE, new Uint8Array([...first, ...first])]]);
  });
  for (const left of [undefined, new Uint8Array()]) {
    const files: Files = left === undefined ? begun : new Map([...begun, [DATABASE, left]]);
    inFolder(files, (folder) => {
      const store = new SqliteStore(folder);
      assertEquals([store.identity(), store.load()], [undefined, undefined]);
      store.close();
    });
  }
});

Deno.test("what a node lost is named: entries, the vote, and whose the folder is", () => {
  const killed = written("killed");
  const log = killed.get(LOG) as Uint8Array;
  const cut = new Map([...killed, [LOG, log.slice(0, log.length / 2)]] as const);
  inFolder(cut, (folder) => {
    const { message } = assertThrows(() => new SqliteStore(folder), ClusterError);
    assertStringIncludes(message, "entries up to 20 were durable");
  });
  const other = inFolder(new Map(), (folder) => {
    const store = new SqliteStore(folder);
    store.saveIdentity({ ...IDENTITY, id: "b" });
    store.close();
    return filesOf(folder);
  });
  const mixed = new Map([...other, [RECORD_FILE, killed.get(RECORD_FILE) as Uint8Array]] as const);
  inFolder(mixed, (folder) => {
    const { message } = assertThrows(() => new SqliteStore(folder), ClusterError);
    assertStringIncludes(message, "it was of node a, and what is in it is of b");
  });
});

Deno.test("a crash between taking entries away and noting it refuses nothing", () => {
  inFolder(new Map(), (folder) => {
    const store = new SqliteStore(folder);
    store.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 9) });
    const before = filesOf(folder);
    store.persist({ truncateFrom: 5, entries: entries(5, 6, 2) });
    const files = filesOf(folder);
    store.close();
    // The machine dies: the log was synced, and of the record at least what was synced before it.
    const half = (record: Uint8Array, at: number) => record.slice(at * 512, (at + 1) * 512);
    const [old, now] = [before, files].map((all) => all.get(RECORD_FILE) as Uint8Array) as [
      Uint8Array,
      Uint8Array,
    ];
    for (const at of [0, 1]) {
      const halves = [0, 1].map((each) => half(each === at ? old : now, each));
      const torn = new Uint8Array(halves.flatMap((bytes) => [...bytes]));
      inFolder(new Map([...files, [RECORD_FILE, torn]] as const), (crashed) => {
        const again = new SqliteStore(crashed);
        assertEquals(again.load()?.entries, [...entries(1, 4), ...entries(5, 6, 2)]);
        again.close();
      });
    }
  });
});

Deno.test("what is agreed on is known after a crash, without a sync of its own", () => {
  inFolder(new Map(), (folder) => {
    const store = new SqliteStore(folder);
    store.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 9) });
    assertEquals(store.load()?.commit, undefined);
    store.noteCommit(7);
    const files = filesOf(folder);
    store.close();
    inFolder(files, (crashed) => {
      const again = new SqliteStore(crashed);
      assertEquals(again.load()?.commit, 7);
      again.close();
      const third = new SqliteStore(crashed);
      assertEquals(third.load()?.commit, 7);
      third.close();
    });
  });
});

Deno.test("of processes that begin with a new folder at once one makes the record, and it stays", () => {
  inFolder(new Map(), (folder) => {
    const first = FolderRecord.create(folder, NOTHING_HELD, false);
    first?.note({ ...NOTHING_HELD, node: "a" });
    assertEquals(FolderRecord.create(folder, NOTHING_HELD, false), undefined);
    const read = FolderRecord.read(folder);
    assert(read instanceof FolderRecord);
    assertEquals(read.held.node, "a");
    assertEquals([...filesOf(folder).keys()], [RECORD_FILE]);
    assert(read.isLatest);
    first?.note({ ...NOTHING_HELD, node: "b" });
    assert(!read.isLatest, "what was read before another process noted something says so");
    first?.close();
  });
});
