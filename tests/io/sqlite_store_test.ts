import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { ClusterError, type Json, type LogChange } from "../../lib/core/mod.ts";
import { openDataFolder } from "../../lib/io/mod.ts";
import { RECORD_FILE } from "../../lib/io/folder_record.ts";
import { SqliteStore } from "../../lib/io/sqlite_store.ts";
import { MemoryStore } from "../../lib/consensus/memory_store.ts";
import { entries, entry, metaOf, testStore } from "./store_compliance.ts";

testStore("memory", () => ({ store: new MemoryStore(), end: () => {} }));
testStore("sqlite", () => {
  const folder = Deno.makeTempDirSync();
  const end = () => Deno.removeSync(folder, { recursive: true });
  return { store: new SqliteStore(folder), end };
});

/** Runs a check in a folder of its own. */
function inFolder(check: (folder: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      check(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

/** Does something with the store of a folder, and closes it. */
function using<T>(folder: string, use: (store: SqliteStore) => T): T {
  const store = new SqliteStore(folder);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

/** Changes the database behind the store's back. */
function tamper(folder: string, sql: string): void {
  const database = new DatabaseSync(`${folder}/muster.db`);
  database.exec(sql);
  database.close();
}

function refusalOf(use: () => unknown): ClusterError {
  return assertThrows(use, ClusterError);
}

Deno.test(
  "what was stored is there again: identity, vote, snapshot and entries",
  inFolder((folder) => {
    using(folder, (store) => {
      store.saveIdentity({ id: "a", cluster: "c" });
      store.persist({ vote: { term: 3, votedFor: "a" }, snapshot: metaOf(0), entries: [entry(1)] });
      store.persist({ entries: entries(2, 6) });
      store.persist({ vote: { term: 4, votedFor: null } });
    });
    using(folder, (store) => {
      assertEquals(store.identity(), { id: "a", cluster: "c" });
      assertEquals(store.load(), {
        term: 4,
        votedFor: null,
        snapshot: metaOf(0),
        entries: entries(1, 6),
      });
      assertEquals(store.latestSnapshot(), undefined);
      store.persist({ vote: { term: 4, votedFor: "b" } });
    });
    // A node that forgot whom it voted for could vote twice in a term.
    using(folder, (store) => assertEquals([store.load()?.term, store.load()?.votedFor], [4, "b"]));
  }),
);

Deno.test(
  "entries are removed from the given index on, also within what was written together",
  inFolder((folder) => {
    using(folder, (store) => {
      store.persist({ vote: { term: 1, votedFor: null }, entries: entries(1, 4) });
      store.persist({ entries: entries(5, 9) });
      store.persist({ truncateFrom: 3, entries: entries(3, 4, 2) });
    });
    const loaded = using(folder, (store) => store.load());
    assertEquals(loaded?.entries, [...entries(1, 2), ...entries(3, 4, 2)]);
  }),
);

Deno.test(
  "behind a snapshot only later entries are read, and a damaged earlier one does not matter",
  inFolder((folder) => {
    using(folder, (store) => {
      store.persist({ vote: { term: 1, votedFor: null }, entries: entries(1, 4) });
      store.persist({ entries: entries(5, 9) });
      store.saveChunks(7, 0, ["state"]);
      store.compact(2, metaOf(7));
    });
    tamper(folder, "UPDATE log SET entries = 'rotten' WHERE first = 1");
    using(folder, (store) => {
      const loaded = store.load();
      assertEquals(loaded?.snapshot, metaOf(7));
      assertEquals(loaded?.entries, entries(8, 9));
      assertEquals([...store.latestSnapshot()?.chunks ?? []], ["state"]);
    });
  }),
);

Deno.test(
  "an installed snapshot leaves no entry of the old log",
  inFolder((folder) => {
    using(folder, (store) => {
      store.persist({ vote: { term: 1, votedFor: null }, entries: entries(1, 9) });
      store.saveChunks(20, 0, ["state"]);
      store.install(metaOf(20, 2));
      store.persist({ entries: entries(21, 22, 2) });
    });
    assertEquals(using(folder, (store) => store.load()?.entries), entries(21, 22, 2));
  }),
);

Deno.test(
  "a crash leaves what was persisted, and no state that was only saved",
  inFolder((folder) => {
    const crashed = Deno.makeTempDirSync();
    const store = new SqliteStore(folder);
    store.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 3) });
    store.saveChunks(2, 0, ["never adopted"]);
    // The files as they are while the process lives: nothing was closed or written back.
    for (const { name } of Deno.readDirSync(folder)) {
      Deno.copyFileSync(`${folder}/${name}`, `${crashed}/${name}`);
    }
    store.close();
    using(crashed, (again) => {
      assertEquals(again.load()?.entries, entries(1, 3));
      assertThrows(() => again.compact(2, metaOf(2)), ClusterError, "no state of index 2");
    });
    Deno.removeSync(crashed, { recursive: true });
  }),
);

const TORN = [0, 1, 17, 1_000, 4_095];

Deno.test("of a torn last write nothing is there, of those before it all", () => {
  for (const bytes of TORN) {
    inFolder((folder) => {
      const crashed = Deno.makeTempDirSync();
      const store = new SqliteStore(folder);
      store.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 3) });
      const wal = "muster.db-wal";
      const before = Deno.statSync(`${folder}/${wal}`).size;
      const record = Deno.readFileSync(`${folder}/${RECORD_FILE}`);
      store.persist({ entries: entries(4, 6) });
      for (const { name } of Deno.readDirSync(folder)) {
        Deno.copyFileSync(`${folder}/${name}`, `${crashed}/${name}`);
      }
      store.close();
      Deno.truncateSync(`${crashed}/${wal}`, before + bytes);
      // What is noted behind a sync was not noted when that sync had not returned.
      Deno.writeFileSync(`${crashed}/${RECORD_FILE}`, record);
      assertEquals(using(crashed, (again) => again.load()?.entries), entries(1, 3), `${bytes}`);
      Deno.removeSync(crashed, { recursive: true });
    })();
  }
});

Deno.test("damage in the write-ahead log, behind which there is more, is refused and not cut off", () => {
  const refused: number[] = [];
  inFolder((folder) => {
    const store = new SqliteStore(folder);
    store.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 3) });
    const wal = "muster.db-wal";
    const from = Deno.statSync(`${folder}/${wal}`).size;
    for (let index = 4; index < 14; index++) store.persist({ entries: [entry(index)] });
    const files = new Map(
      [...Deno.readDirSync(folder)].map((
        { name },
      ) => [name, Deno.readFileSync(`${folder}/${name}`)]),
    );
    store.close();
    const bytes = files.get(wal) as Uint8Array;
    for (const at of [0, 20, 33, 60, from + 4, from + 30, from + 5_000, from + 20_000]) {
      const damaged = Deno.makeTempDirSync();
      for (const [name, content] of files) Deno.writeFileSync(`${damaged}/${name}`, content);
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 1;
      Deno.writeFileSync(`${damaged}/${wal}`, changed);
      const refusal = refusalOf(() => new SqliteStore(damaged));
      assertStringIncludes(refusal.message, "write-ahead log");
      assertStringIncludes(refusal.message, "empty folder");
      refused.push(at);
      Deno.removeSync(damaged, { recursive: true });
    }
  })();
  assertEquals(refused.length, 8);
});

Deno.test(
  "what a torn write left behind is no damage when the next one is torn too",
  inFolder((folder) => {
    const wal = "muster.db-wal";
    /**
     * The folder as a loss of power leaves it, with one byte of its write-ahead log not written.
     */
    const torn = (
      store: SqliteStore,
      added: { index: number }[],
      byteOf: (log: Uint8Array) => number,
    ) => {
      const crashed = Deno.makeTempDirSync({ dir: folder });
      const record = Deno.readFileSync(`${from}/${RECORD_FILE}`);
      store.persist({ entries: added });
      for (const { name } of Deno.readDirSync(from)) {
        if (name.startsWith("muster")) Deno.copyFileSync(`${from}/${name}`, `${crashed}/${name}`);
      }
      store.close();
      const log = Deno.readFileSync(`${crashed}/${wal}`);
      const at = byteOf(log);
      log[at] = (log[at] as number) ^ 1;
      Deno.writeFileSync(`${crashed}/${wal}`, log);
      Deno.writeFileSync(`${crashed}/${RECORD_FILE}`, record);
      return { crashed, log };
    };
    let from = folder;
    const first = new SqliteStore(from);
    first.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 3) });
    const whole = Deno.statSync(`${from}/${wal}`).size;
    // Of many pages the first was not written, the others were.
    const once = torn(first, entries(4, 2_000), () => whole + 30);
    from = once.crashed;
    const second = new SqliteStore(from);
    assertEquals(second.load()?.entries, entries(1, 3));
    const twice = torn(second, [entry(4)], (log) => {
      const changed = log.findIndex((byte, at) => at >= 32 && byte !== once.log[at]);
      return changed + 30;
    });
    assertEquals(using(twice.crashed, (again) => again.load()?.entries), entries(1, 3));
  }),
);

const DAMAGES: readonly [what: string, sql: string, says: string][] = [
  [
    "the last entries",
    "UPDATE log SET entries = replace(entries, 'command 6', 'command 7')",
    "5 to 6",
  ],
  ["an entry's place", "UPDATE log SET last = 7 WHERE first = 5", "not as written"],
  ["a missing row", "DELETE FROM log WHERE first = 3", "no entry 3"],
  ["the vote", `UPDATE meta SET value = '{"term":9,"votedFor":null}' WHERE name = 'vote'`, "vote"],
  ["a missing vote", "DELETE FROM meta WHERE name = 'vote'", "vote"],
];

for (const [what, sql, says] of DAMAGES) {
  Deno.test(
    `damage is refused, and the error says what to do: ${what}`,
    inFolder((folder) => {
      using(folder, (store) => {
        store.persist({
          vote: { term: 1, votedFor: "a" },
          snapshot: metaOf(0),
          entries: entries(1, 2),
        });
        store.persist({ entries: entries(3, 4) });
        store.persist({ entries: entries(5, 6) });
      });
      tamper(folder, sql);
      const refusal = refusalOf(() => using(folder, (store) => store.load()));
      assertEquals(refusal.code, "STORE_FAILED");
      assertStringIncludes(refusal.message, says);
      assertStringIncludes(refusal.message, "empty folder");
    }),
  );
}

Deno.test(
  "a damaged or incomplete snapshot is refused when it is read",
  () => {
    for (
      const sql of [
        "UPDATE chunks SET chunk = '7' WHERE part = 1",
        "DELETE FROM chunks WHERE part = 1",
      ]
    ) {
      inFolder((folder) => {
        using(folder, (store) => {
          store.saveChunks(4, 0, ["a", "b", "c"]);
          store.install(metaOf(4));
        });
        tamper(folder, sql);
        using(folder, (store) => {
          const refusal = refusalOf(() => [...store.latestSnapshot()?.chunks ?? []]);
          assertStringIncludes(refusal.message, "snapshot of index 4");
        });
      })();
    }
  },
);

Deno.test(
  "a file that is no database is refused",
  inFolder((folder) => {
    Deno.writeTextFileSync(
      `${folder}/muster.db`,
      "this is not a database, only a long text".repeat(99),
    );
    assertEquals(refusalOf(() => new SqliteStore(folder)).code, "STORE_FAILED");
  }),
);

Deno.test(
  "a folder of a later version is refused",
  inFolder((folder) => {
    using(folder, () => {});
    const checksum = crc32("2", crc32("meta format"));
    tamper(folder, `UPDATE meta SET value = '2', checksum = ${checksum} WHERE name = 'format'`);
    assertStringIncludes(refusalOf(() => new SqliteStore(folder)).message, "its format is 2");
  }),
);

Deno.test(
  "a second process, or a second node of this one, is kept out until the first is closed",
  inFolder((folder) => {
    const first = new SqliteStore(folder);
    const refusal = refusalOf(() => new SqliteStore(folder));
    assertEquals(refusal.code, "STORE_FAILED");
    assertStringIncludes(refusal.message, "another process uses it");
    first.close();
    using(folder, (second) => assertEquals(second.identity(), undefined));
  }),
);

/** Has every sync of a file go through `instead` while something is done. */
function withSyncs(instead: (sync: () => void) => void, use: () => void): void {
  const { syncDataSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.syncDataSync = function () {
    instead(() => syncDataSync.call(this));
  };
  try {
    use();
  } finally {
    Deno.FsFile.prototype.syncDataSync = syncDataSync;
  }
}

Deno.test(
  "every change is synced when it is committed, and once",
  inFolder((folder) => {
    using(folder, (store) => {
      // Whose the folder is gets one sync more, once.
      store.saveIdentity({ id: "a", cluster: "c" });
      let syncs = 0;
      const count = (sync: () => void) => {
        syncs++;
        sync();
      };
      withSyncs(count, () => {
        store.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 2) });
        assertEquals(syncs, 1);
        store.persist({ entries: entries(3, 9) });
        store.noteCommit(8);
        store.saveIdentity({ id: "a", cluster: "c", incarnation: 2 });
        store.saveChunks(4, 0, [{ some: "state" }]);
        store.compact(4, metaOf(4));
        assertEquals(syncs, 5);
      });
    });
  }),
);

Deno.test(
  "a sync that fails throws, and no later write is taken for durable",
  inFolder((folder) => {
    using(folder, (store) => {
      const fail = () => {
        throw new Error("input/output error");
      };
      const vote = { term: 1, votedFor: "a" };
      withSyncs(fail, () => {
        const { code, message } = refusalOf(() => store.persist({ vote }));
        assertEquals(code, "STORE_FAILED");
        assertStringIncludes(message, "input/output error");
      });
      assertThrows(() => store.persist({ vote }), ClusterError, "failed before");
    });
  }),
);

Deno.test(
  "a failed write throws, and no later one is taken for durable",
  inFolder((folder) => {
    const store = new SqliteStore(folder);
    store.persist({ vote: { term: 1, votedFor: "a" }, entries: entries(1, 2) });
    const circular: Record<string, unknown> = { index: 3 };
    circular["self"] = circular;
    assertThrows(() => store.persist({ entries: [circular as { index: number }] }));
    assertThrows(() => store.persist({ entries: entries(3, 4) }), ClusterError, "failed before");
    store.close();
    assertEquals(using(folder, (again) => again.load()?.entries), entries(1, 2));
  }),
);

Deno.test({
  name: "without the permissions for the folder nothing is asked for, and the error names them",
  permissions: { read: false, write: false, net: false },
  async fn() {
    const refusal = await openDataFolder("/tmp/some-data").then(
      () => undefined,
      (error) => error,
    );
    assert(refusal instanceof ClusterError);
    assertEquals(refusal.code, "NOT_PERMITTED");
    assertStringIncludes(
      refusal.message,
      "--allow-read=/tmp/some-data --allow-write=/tmp/some-data",
    );
  },
});

/** What a log is after some changes, the simple way. */
function applied(changes: readonly LogChange[]): Json[] {
  let log: { index: number }[] = [];
  for (const { truncateFrom, entries: added = [] } of changes) {
    if (truncateFrom !== undefined) log = log.filter(({ index }) => index < truncateFrom);
    log.push(...added);
  }
  return log as unknown as Json[];
}

Deno.test("any run of appends and truncations is there again after any reopening", () => {
  const steps = fc.array(
    fc.record({ back: fc.nat(4), count: fc.nat(5), reopen: fc.boolean() }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(steps, (given) => {
      const folder = Deno.makeTempDirSync();
      let store = new SqliteStore(folder);
      const changes: LogChange[] = [{ vote: { term: 1, votedFor: null } }];
      store.persist(changes[0] as LogChange);
      let last = 0;
      for (const [term, { back, count, reopen }] of given.entries()) {
        const from = Math.max(1, last + 1 - back);
        const change = { truncateFrom: from, entries: entries(from, from + count - 1, term) };
        changes.push(change);
        store.persist(change);
        last = from + count - 1;
        if (!reopen) continue;
        store.close();
        store = new SqliteStore(folder);
      }
      const loaded = store.load();
      store.close();
      Deno.removeSync(folder, { recursive: true });
      assertEquals(loaded?.entries, applied(changes));
    }),
    { numRuns: 25 },
  );
});
