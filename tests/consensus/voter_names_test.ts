import { assertEquals } from "@std/assert";
import { NAME_CHARACTERS } from "../../lib/core/mod.ts";
import {
  nameAndAddress,
  readVoterNames,
  type VoterName,
  VoterNames,
} from "../../lib/consensus/voter_names.ts";
import { idOf } from "../membership/swim/records.ts";

const ADA: VoterName = { id: idOf(1), name: "ada", address: "10.0.0.1:8001" };

Deno.test("a voter is named once where its name is its address, else with both", () => {
  assertEquals(nameAndAddress(ADA), "ada (10.0.0.1:8001)");
  assertEquals(nameAndAddress({ ...ADA, name: ADA.address }), "10.0.0.1:8001");
});

Deno.test("the voters of an earlier life are read, up to sixteen, without what is malformed", () => {
  for (const value of [undefined, null, {}, "ada", 5]) assertEquals(readVoterNames(value), []);
  const malformed = [
    null,
    "ada",
    {},
    { ...ADA, id: "x".repeat(200) },
    { ...ADA, id: 1 },
    { ...ADA, name: "" },
    { ...ADA, name: "x".repeat(NAME_CHARACTERS + 1) },
    { ...ADA, address: "nowhere" },
    { id: ADA.id, name: ADA.name },
  ];
  assertEquals(readVoterNames([...malformed, ADA]), [ADA]);
  const many = Array.from({ length: 17 }, (_, at) => ({ ...ADA, id: idOf(at + 1) }));
  assertEquals(readVoterNames(many), many.slice(0, 16));
});

Deno.test("a voter has the name that membership knows, else the last that was known, else its id", () => {
  const names = new VoterNames([ADA]);
  const known = { name: "renamed", address: "10.0.0.2:8001" };
  assertEquals(names.of(ADA.id, known), { id: ADA.id, ...known });
  assertEquals(names.of(ADA.id, undefined), ADA);
  const stranger = idOf(9);
  assertEquals(names.of(stranger, undefined), { id: stranger, name: stranger, address: stranger });
  assertEquals(names.merge([ADA.id], () => known), [{ id: ADA.id, ...known }]);
  assertEquals(names.of(ADA.id, undefined).name, "renamed");
});
