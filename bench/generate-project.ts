// A project in the shape of a large collection: two files in a hundred with async, the rest ordinary roles and variables.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PLAIN = (n: number): string => `---
- name: Install the packages of service ${n}
  ansible.builtin.package:
    name: "{{ item }}"
    state: present
  loop: "{{ service_${n}_packages }}"
  become: true

- name: Write the configuration of service ${n}
  ansible.builtin.template:
    src: service.conf.j2
    dest: /etc/service-${n}.conf
    mode: "0640"
  notify: Restart service ${n}

- name: Start service ${n}
  ansible.builtin.service:
    name: service-${n}
    state: started
    enabled: true
`;

const ASYNC = (n: number): string => `---
- name: Start the rebuild of index ${n}
  ansible.builtin.command: /opt/index/bin/rebuild --shard ${n}
  async: 600
  poll: 0
  register: rebuild_${n}

- name: Wait for the rebuild of index ${n}
  ansible.builtin.async_status:
    jid: "{{ rebuild_${n}.ansible_job_id }}"
  register: rebuild_${n}_result
  until: rebuild_${n}_result is finished
  retries: ${n % 4 === 0 ? 10 : 62}
  delay: 10
`;

const VARIABLES = (n: number): string => `---
service_${n}_packages:
  - service-${n}
  - service-${n}-tools
service_${n}_port: ${8000 + n}
service_${n}_limits: {memory: 512, files: 4096}
`;

/** In: a new directory and how many files. Writes roles of five files each; every fiftieth file is about async. */
export function writeProject(directory: string, files: number): void {
  for (let n = 0; n < files / 5; n += 1) {
    const role = join(directory, "roles", `service_${n}`);
    const write = (path: string, text: string): void => {
      mkdirSync(join(role, path, ".."), { recursive: true });
      writeFileSync(join(role, path), text);
    };
    write("tasks/main.yml", n % 10 === 0 ? ASYNC(n) : PLAIN(n));
    write("tasks/extra.yml", PLAIN(n));
    write("handlers/main.yml", `---\n- name: Restart service ${n}\n  ansible.builtin.service:\n    name: service-${n}\n    state: restarted\n`);
    write("defaults/main.yml", VARIABLES(n));
    write("meta/main.yml", `---\ngalaxy_info:\n  author: somebody\n  license: MIT\n  min_ansible_version: "2.14"\ndependencies: []\n`);
  }
}
