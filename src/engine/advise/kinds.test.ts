import assert from "node:assert/strict";
import { test } from "node:test";
import { assemble } from "../project/assemble.ts";
import { createLibrary } from "../project/library.ts";
import { fakeFiles } from "../ports.fake.ts";
import { kindOf } from "./kinds.ts";

const TASKS: readonly (readonly [string, string | undefined])[] = [
  ["apt: {upgrade: dist}", "system updates"],
  ["community.postgresql.postgresql_db: {name: shop, state: dump}", "database"],
  ["ansible.builtin.get_url: {url: x, dest: y}", "network"],
  ["unarchive: {src: x, dest: y}", "files"],
  ["shell: cd /srv && sudo -n nice -n 10 pg_dump shop > /srv/shop.sql", "database"],
  ["command: /usr/bin/apt-get -y dist-upgrade", "system updates"],
  ["shell: tar czf - /srv | ssh backup 'cat > shop.tgz'", "network"],
  ["command: tar czf /srv/shop.tgz /srv/shop", "files"],
  ["command: '{{ program }} --all'", undefined],
  ["command: /opt/shop/bin/reindex", undefined],
];

test("the kind of work is told by module and command, or not at all", () => {
  const text = `- hosts: all\n  tasks:\n${TASKS.map(([task]) => `    - ${task}\n      async: 60\n`).join("")}`;
  const [flow] = assemble(createLibrary(fakeFiles({ "site.yml": text })), ["site.yml"]).flows;
  assert.deepEqual(flow?.tasks.map(kindOf), TASKS.map(([, kind]) => kind));
});
