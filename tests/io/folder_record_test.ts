import { assert, assertEquals } from "@std/assert";
import { FolderRecord, RECORD_FILE } from "../../lib/io/folder_record.ts";
import { type Held, NOTHING_HELD } from "../../lib/core/mod.ts";

const HELD: Held = { node: "a", cluster: "c", term: 3, votedFor: "b", last: 9, commit: 7 };

function inFolder(check: (folder: string, path: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    check(folder, `${folder}/${RECORD_FILE}`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function create(folder: string, held: Held, isMade: boolean): FolderRecord {
  const record = FolderRecord.create(folder, held, isMade);
  assert(record !== undefined);
  return record;
}

function read(folder: string): FolderRecord {
  const record = FolderRecord.read(folder);
  assert(record instanceof FolderRecord);
  return record;
}

Deno.test("a record says what it was made with, and from the first note that the database is there", () => {
  inFolder((folder, path) => {
    assertEquals(FolderRecord.read(folder), undefined);
    const record = create(folder, HELD, false);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), [RECORD_FILE]);
    assertEquals([read(folder).held, read(folder).isMade], [record.held, false]);
    assertEquals(read(folder).held, { ...HELD, serial: 0, isMade: false } as Held);
    record.note({ ...HELD, last: 10 });
    record.sync();
    assertEquals([read(folder).held.last, read(folder).isMade], [10, true]);
    record.close();
    // Two halves of 512 bytes, each a line.
    const lines = Deno.readTextFileSync(path).split("\n");
    assertEquals(lines.map(({ length }) => length), [511, 511, 0]);
  });
});

Deno.test("a record that is there is not replaced by another", () => {
  inFolder((folder) => {
    const record = create(folder, HELD, true);
    assertEquals(FolderRecord.create(folder, NOTHING_HELD, false), undefined);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), [RECORD_FILE]);
    assertEquals([read(folder).held.last, read(folder).isLatest], [9, true]);
    const other = read(folder);
    record.note({ ...HELD, last: 10 });
    assertEquals([record.isLatest, other.isLatest], [true, false]);
    record.close();
  });
});

Deno.test("both halves are there from the beginning, so either may be torn", () => {
  for (const half of [0, 1]) {
    inFolder((folder, path) => {
      create(folder, HELD, true).close();
      const bytes = Deno.readFileSync(path);
      bytes.fill(0x20, half * 512, half * 512 + 100);
      Deno.writeFileSync(path, bytes);
      assertEquals(read(folder).held.last, 9, `half ${half}`);
    });
  }
});

Deno.test("the later half counts, and of a torn later one the one before it", () => {
  inFolder((folder, path) => {
    const record = create(folder, NOTHING_HELD, false);
    for (let last = 1; last <= 5; last++) {
      record.note({ ...HELD, last });
      assertEquals(read(folder).held.last, last);
      const whole = Deno.readFileSync(path);
      const torn = whole.slice();
      // Note n goes into half n % 2; one character of it is another.
      const at = (last % 2) * 512 + 30;
      torn[at] = (torn[at] as number) ^ 1;
      Deno.writeFileSync(path, torn);
      assertEquals(read(folder).held.last, last - 1);
      Deno.writeFileSync(path, whole);
    }
    record.close();
    Deno.writeTextFileSync(path, "neither\nhalf\n");
    assertEquals(FolderRecord.read(folder), "damaged");
  });
});

Deno.test("a record that was closed may be closed again, and goes on with the next note", () => {
  inFolder((folder) => {
    const record = create(folder, HELD, true);
    record.sync();
    record.note({ ...HELD, last: 10 });
    record.close();
    record.close();
    record.note({ ...HELD, last: 11 });
    assertEquals(read(folder).held.last, 11);
    record.close();
  });
});

Deno.test("a line that is no half counts for nothing", () => {
  inFolder((folder, path) => {
    create(folder, HELD, true).close();
    const [line = ""] = Deno.readTextFileSync(path).split("\n");
    for (const other of [" ", line.slice(line.indexOf(" ")), `0${line}`, line.slice(0, 40)]) {
      Deno.writeTextFileSync(path, `${other}\n`);
      assertEquals(FolderRecord.read(folder), "damaged", other);
    }
    Deno.writeTextFileSync(path, `${other(line)}\n${line}\n`);
    assertEquals(read(folder).held.last, 9);
  });
});

/** The same half with another checksum. */
function other(line: string): string {
  return line.replace(/^\d+/, (sum) => `${Number(sum) + 1}`);
}
