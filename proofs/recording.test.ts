import assert from "node:assert/strict";
import test from "node:test";
import { formatRecording, neutralise, parseRecording } from "./recording.ts";
import type { RecordingHeader } from "./recording.ts";

const header: RecordingHeader = {
  mode: "limit-too-short", variant: "main", damage: "reproduced", core: "2.14.18", python: "3.11.7",
  command: "ansible-playbook -i localhost, site.yml", exit: 2, seconds: 7.7, date: "2026-03-01", proof: "0123456789ab",
  afterwards: ["1 x sleep 60 still running", "the job file holds \"rc\": 3"],
};

test("a recording read again is what was written", () => {
  const output = "\nPLAY [all] ***\n\nfatal: [h]: FAILED!\n";
  assert.deepEqual(parseRecording(formatRecording(header, output)), { header, output });
});

test("a text without such a header is no recording", () => {
  assert.equal(parseRecording("PLAY [all] ***\n\nok\n"), undefined);
  assert.equal(parseRecording("# longhaul recording: m\n# damage: some\n\nPLAY\n"), undefined);
  assert.equal(parseRecording(""), undefined);
});

test("paths are replaced in the given order, everywhere", () => {
  const replacements = [{ from: "/tmp/x-1/.ansible", to: "/root/.ansible" }, { from: "/tmp/x-1", to: "/srv/proof" }];
  assert.equal(neutralise("/tmp/x-1/.ansible/tmp:/tmp/x-1/async:/tmp/x-1", replacements), "/root/.ansible/tmp:/srv/proof/async:/srv/proof");
});

test("a bare word is replaced only where it stands alone", () => {
  const replacements = [{ from: "vm", to: "controller" }];
  assert.equal(neutralise("vm vmstat kvm my-vm <vm> vm.example", replacements), "controller vmstat kvm my-vm <controller> controller.example");
});

test("colours and carriage returns go, an empty name replaces nothing", () => {
  assert.equal(neutralise("\u001b[0;31mfatal\u001b[0m\r\nok", [{ from: "", to: "x" }]), "fatal\nok");
});
