import assert from "node:assert/strict";
import { test } from "node:test";
import { asksOnly, hostsArguments, misplacedOption, playbooksOf, withoutSecrets } from "./arguments.ts";

test("playbooks are told from the values of options", () => {
  assert.deepEqual(playbooksOf(["-i", "hosts.yml", "-vvv", "site.yml", "--limit=web", "-fe", "-e", "x=1", "-u", "me", "db.yml"]), ["site.yml", "db.yml"]);
  assert.deepEqual(playbooksOf(["-ihosts.yml", "--", "-odd.yml"]), ["-odd.yml"]);
});

test("values of extra variables are never kept, files and names are", () => {
  const kept = withoutSecrets(["-e", "password=hunter2 user=me", "-e@vars.yml", "--extra-vars={\"token\": \"hunter2\"}", "-e", "hunter2", "site.yml"]);
  assert.deepEqual(kept, ["-e", "password=… user=…", "-e", "@vars.yml", "--extra-vars", "…", "-e", "…", "site.yml"]);
  assert.ok(!kept.join(" ").includes("hunter2"));
});

test("a question to ansible-playbook is no run", () => {
  assert.ok(asksOnly(["site.yml", "--syntax-check"]));
  assert.ok(asksOnly(["--version"]));
  assert.ok(!asksOnly(["site.yml", "--check", "-e", "--list-tasks"]));
});

test("other commands find the same hosts", () => {
  assert.deepEqual(hostsArguments(["-i", "a.yml", "-b", "site.yml", "-lweb", "-e", "x=1", "-e", "@vars.yml"]), ["-i", "a.yml", "-lweb", "-e", "@vars.yml"]);
});

test("an option of ours that comes too late is found, a value that looks like one is not", () => {
  assert.equal(misplacedOption(["site.yml", "-i", "hosts.yml", "--reattach"]), "--reattach");
  assert.equal(misplacedOption(["site.yml", "--json=events.jsonl"]), "--json");
  assert.equal(misplacedOption(["site.yml", "-e", "--json", "-vv", "--", "-q"]), undefined);
});
