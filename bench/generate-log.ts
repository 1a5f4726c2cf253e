// A log in the shape of a real -vvvv run over ssh: mostly EXEC lines and pretty-printed results, job ids that change, few failures.

import { closeSync, openSync, writeSync } from "node:fs";

const HOSTS = ["web-1.example", "web-2.example", "db_2"];
const STARS = "*".repeat(60);
const CHUNK_BYTES = 1_000_000;

/** Writes a log of at least so many megabytes (of 1,000,000 bytes). The same call writes the same bytes. */
export function writeLog(path: string, megabytes: number): void {
  const file = openSync(path, "w");
  let written = writeSync(file, opening());
  for (let round = 0; written < megabytes * 1_000_000; ) {
    let text = "";
    for (; text.length < CHUNK_BYTES; round += 1) text += oneRound(round);
    written += writeSync(file, text);
  }
  writeSync(file, closing());
  closeSync(file);
}

function opening(): string {
  return `ansible-playbook [core 2.18.19]
  config file = /srv/site/ansible.cfg
  python version = 3.13.0 (main, May  9 2026, 07:36:57) [GCC 12.2.0] (/opt/venv/bin/python)
Using /srv/site/ansible.cfg as config file
Loading callback plugin default of type stdout, v2.0 from /opt/venv/lib/python3.13/site-packages/ansible/plugins/callback/default.py

PLAYBOOK: site.yml ${STARS}
verbosity: 4

PLAY [Nightly work] ${STARS}
`;
}

function closing(): string {
  return `\nPLAY RECAP ${STARS}\n${HOSTS.map((host) => `${host.padEnd(26)} : ok=12   changed=6    unreachable=0    failed=0    skipped=0    rescued=0    ignored=1   \n`).join("")}\n`;
}

/** Two ordinary tasks and a launch with its status task, on every host; now and then a limit that is exceeded. */
function oneRound(round: number): string {
  const ordinary = [0, 1].map((nth) => {
    const heading = `\nTASK [Look at file ${round}-${nth}] ${STARS}\ntask path: /srv/site/site.yml:${20 + nth}\n`;
    return heading + HOSTS.map((host, index) => `${commands(host, round * 31 + index, "stat")}${fileResult(host, round * 7 + nth)}`).join("");
  });
  const launch = `\nTASK [Start build ${round}] ${STARS}\ntask path: /srv/site/site.yml:40\n`;
  const status = `\nTASK [Wait for build ${round}] ${STARS}\ntask path: /srv/site/site.yml:46\n`;
  return [
    ...ordinary,
    launch, ...HOSTS.map((host, index) => launchOn(host, round * 3 + index)),
    status, ...HOSTS.map((host, index) => statusOn(host, round * 3 + index)),
    round % 50 === 49 ? timeout(round) : "",
  ].join("");
}

function jid(n: number): string {
  return `j${String((n * 7_919_777_771 + 123_456_789) % 1_000_000_000_000)}`;
}

function ssh(host: string, command: string): string {
  return `<${host}> SSH: EXEC ssh -vvv -C -o ControlMaster=auto -o ControlPersist=60s -o KbdInteractiveAuthentication=no -o PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey -o PasswordAuthentication=no -o 'User="deploy"' -o ConnectTimeout=10 -o 'ControlPath="/home/deploy/.ansible/cp/1c5fa0d1a2"' ${host} '/bin/sh -c '"'"'${command}'"'"''\n`;
}

/** What ssh -vvv says at the end of every command, as Ansible prints it: one long line. */
function answer(host: string, n: number): string {
  const debug = Array.from({ length: 24 }, (_, line) => `debug${1 + (line % 3)}: mux_client_request_session: master session id: ${n + line}, channel ${line}: window 2097152 sent adjust 32768\\r\\n`);
  return `<${host}> (0, b'', b"OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0.17 1 Jul 2025\\r\\n${debug.join("")}debug1: Exit status 0\\r\\n")\n`;
}

function commands(host: string, n: number, module: string): string {
  const temporary = `/home/deploy/.ansible/tmp/ansible-tmp-1795460${String(n % 1000).padStart(3, "0")}.8999043-${9000 + (n % 999)}-${57_844_582_618_279 + n}`;
  return [
    `<${host}> ESTABLISH SSH CONNECTION FOR USER: deploy\n`,
    ssh(host, `( umask 77 && mkdir -p "\` echo /home/deploy/.ansible/tmp \`"&& mkdir "\` echo ${temporary} \`" && echo done ) && sleep 0`),
    answer(host, n),
    `Using module file /opt/venv/lib/python3.13/site-packages/ansible/modules/${module}.py\n`,
    `<${host}> PUT /home/ci/.ansible/tmp/ansible-local-988360te7fk5/tmpq285063y TO ${temporary}/AnsiballZ_${module}.py\n`,
    ssh(host, `chmod u+x ${temporary}/ ${temporary}/AnsiballZ_${module}.py && sleep 0`),
    ssh(host, `/usr/bin/python3 ${temporary}/AnsiballZ_${module}.py && sleep 0`),
    answer(host, n + 1),
    ssh(host, `rm -f -r ${temporary}/ > /dev/null 2>&1 && sleep 0`),
  ].join("");
}

function pretty(head: string, fields: object): string {
  return `${head}${JSON.stringify(fields, null, 4)}\n`;
}

function fileResult(host: string, n: number): string {
  const stat = {
    atime: 1_795_460_000 + n, block_size: 4096, blocks: 8, charset: "us-ascii", checksum: (n * 2_654_435_761).toString(16).padStart(40, "0"),
    ctime: 1_795_460_001 + n, dev: 2049, device_type: 0, executable: false, exists: true, gid: 0, gr_name: "root", inode: 131_072 + n, isblk: false,
    ischr: false, isdir: false, isfifo: false, isgid: false, islnk: false, isreg: true, issock: false, isuid: false, mimetype: "text/plain",
    mode: "0644", mtime: 1_795_450_000 + n, nlink: 1, path: `/etc/service-${n}.conf`, pw_name: "root", readable: true, rgrp: true, roth: true,
    rusr: true, size: 512 + n, uid: 0, version: String(n), wgrp: false, woth: false, writeable: true, wusr: true, xgrp: false, xoth: false, xusr: false,
  };
  const invocation = { module_args: { checksum_algorithm: "sha1", follow: false, get_attributes: true, get_checksum: true, get_mime: true, path: stat.path } };
  return pretty(`ok: [${host}] => `, { changed: false, invocation, stat });
}

function launchOn(host: string, n: number): string {
  const temporary = `/home/deploy/.ansible/tmp/ansible-tmp-1795461000.1-${n}`;
  const started = ssh(host, `ANSIBLE_ASYNC_DIR=~/.ansible_async /usr/bin/python3 ${temporary}/async_wrapper.py ${jid(n)} 600 ${temporary}/AnsiballZ_command.py _ && sleep 0`);
  const id = `${jid(n)}.${1000 + (n % 9000)}`;
  return commands(host, n, "command") + started
    + pretty(`changed: [${host}] => `, { ansible_job_id: id, changed: true, finished: 0, results_file: `/home/deploy/.ansible_async/${id}`, started: 1 });
}

function statusOn(host: string, n: number): string {
  const id = `${jid(n)}.${1000 + (n % 9000)}`;
  const file = `/home/deploy/.ansible_async/${id}`;
  const invocation = { module_args: { _async_dir: "/home/deploy/.ansible_async", jid: id, mode: "status" } };
  const running = { ansible_job_id: id, attempts: 1, changed: false, finished: 0, invocation, results_file: file, retries: 11, started: 1, stderr: "", stderr_lines: [], stdout: "", stdout_lines: [] };
  const done = { ansible_job_id: id, attempts: 2, changed: true, cmd: ["/opt/build"], delta: "0:00:03.008", finished: 1, invocation, msg: "", rc: 0, results_file: file, started: 1, stderr: "", stderr_lines: [], stdout: "done", stdout_lines: ["done"] };
  return commands(host, n, "async_status") + pretty(`FAILED - RETRYING: [${host}]: Wait for build (10 retries left).Result was: `, running)
    + commands(host, n + 1, "async_status") + pretty(`changed: [${host}] => `, done);
}

function timeout(round: number): string {
  const host = HOSTS[round % HOSTS.length] ?? "";
  const id = `${jid(round + 500_000_000)}.77`;
  const result = { async_result: { ansible_job_id: id, finished: 0, started: 1 }, changed: false, msg: "async task did not complete within the requested time - 6s" };
  return `\nTASK [Polled ${round}] ${STARS}\nASYNC POLL on ${host}: jid=${id} started=1 finished=0\nASYNC FAILED on ${host}: jid=${id}\n${pretty(`fatal: [${host}]: FAILED! => `, result)}...ignoring\n`;
}
