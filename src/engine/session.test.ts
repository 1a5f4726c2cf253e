import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { modes } from "../catalogue/index.ts";
import type { Finding } from "../model/finding.ts";
import { fakeFiles } from "./ports.fake.ts";
import { createSession } from "./session.ts";

// One seed, so that a run can be repeated; LONGHAUL_SEED=7 tries other texts.
fc.configureGlobal({ seed: Number(process.env["LONGHAUL_SEED"] ?? 1) });

const LAUNCH = (limit: string, poll: number): string => `- {name: Start, command: a, async: "${limit}", poll: ${poll}, register: job}\n`;
const STATUS = '- {name: Wait, async_status: {jid: "{{ job.ansible_job_id }}"}, register: done, until: done is finished, retries: 10, delay: 10}\n';

/** Texts that each file of the project takes in turn. */
const versions: Readonly<Record<string, readonly string[]>> = {
  "site.yml": ["- hosts: all\n  roles: [web]\n", "- hosts: all\n  roles: [web, db]\n", "- hosts: [\n", "- import_playbook: other.yml\n"],
  "other.yml": ["- hosts: all\n  tasks: [{import_tasks: roles/web/tasks/main.yml}]\n", "[]\n"],
  "roles/web/tasks/main.yml": [LAUNCH("60", 0) + STATUS, LAUNCH("{{ limit }}", 0) + STATUS, LAUNCH("60", 5) + STATUS, LAUNCH("60", 0), "- import_tasks: wait.yml\n"],
  "roles/web/tasks/wait.yml": [STATUS, LAUNCH("60", 0), "- debug: {msg: '{{ job }}'}\n"],
  "roles/web/defaults/main.yml": ["limit: 5\n", "limit: 500\n", "limit: [\n"],
  "roles/db/tasks/main.yml": [LAUNCH("60", 0), "- debug: {msg: none}\n"],
};
const first = Object.fromEntries(Object.entries(versions).map(([path, texts]) => [path, texts[0] ?? ""]));

function told(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ mode, source, span, what }) => `${mode} ${source.path} ${span.start} ${what}`);
}

test("after any changes a session finds what a new one finds", () => {
  const change = fc.constantFrom(...Object.entries(versions).flatMap(([path, texts]) => [...texts, undefined].map((text) => ({ path, text }))));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
      const session = createSession({ files: fakeFiles(first), paths: Object.keys(first), modes });
      const texts: Record<string, string> = { ...first };
      session.look();
      for (const { path, text } of changes) {
        session.update(path, text);
        texts[path] = text ?? first[path] ?? "";
        const fresh = createSession({ files: fakeFiles(texts), paths: Object.keys(first), modes });
        const [now, anew] = [session.look(), fresh.look()];
        assert.deepEqual(told(now.findings), told(anew.findings));
        // The session has perhaps read more on its way.
        const unreadable = new Set(session.library.unreadable.map((each) => each.path));
        assert.deepEqual(fresh.library.unreadable.filter(({ path: each }) => !unreadable.has(each)), []);
      }
    }),
    { numRuns: 100 },
  );
});
