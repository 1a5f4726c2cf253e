import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Problem } from "../../model/problem.ts";
import { readSettings } from "./ansible-settings.ts";
import type { ConnectionOptions, HostConnection } from "./connection.ts";
import { BECOME_PROMPT, connectionOf } from "./connection.ts";
import { lostLink, neverReady, notStarted, tooSlow } from "./link-problems.ts";
import { quoteWord, splitWords } from "./words.ts";

interface Given {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly options?: ConnectionOptions;
}

function connection(variables: Readonly<Record<string, unknown>>, { settings = {}, options = {} }: Given = {}): HostConnection {
  return connectionOf({ name: "web1", variables }, { settings: new Map(Object.entries(settings)), options, home: "/home/alice" });
}

/** The command without the program that goes to the shell of the host. */
function command(variables: Readonly<Record<string, unknown>>, given?: Given): string {
  return connection(variables, given).command.slice(0, -1).join(" ");
}

function script(variables: Readonly<Record<string, unknown>>, given?: Given): string {
  return connection(variables, given).command.at(-1) ?? "";
}

const problem = (code: string, words: RegExp) => (error: unknown): boolean => error instanceof Problem && error.code === code && words.test(error.message);

test("ssh is called as Ansible calls it, makes no master and asks nobody", () => {
  const parts = command({ ansible_host: "10.0.0.1", ansible_port: 2222, ansible_user: "bob", ansible_ssh_private_key_file: "~/.ssh/k", ansible_ssh_common_args: "-o 'ProxyCommand=ssh -W %h:%p jump'", ansible_ssh_extra_args: "-4" });
  assert.equal(
    parts,
    "ssh -T -o ControlMaster=no -o BatchMode=yes -C -o ControlMaster=auto -o ControlPersist=60s -o Port=2222 -o IdentityFile=\"/home/alice/.ssh/k\"" +
      " -o KbdInteractiveAuthentication=no -o PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey -o PasswordAuthentication=no" +
      ' -o User="bob" -o ConnectTimeout=10 -o ProxyCommand=ssh -W %h:%p jump -4 -o ControlPath="/home/alice/.ansible/cp/9a27f57810" -o ServerAliveInterval=15 -o ServerAliveCountMax=3 -- 10.0.0.1',
  );
});

test("the control path is the one that Ansible makes of host, port and user, or the one that is set", () => {
  // python3 -c "import hashlib; print(hashlib.sha1(b'web1-None-None').hexdigest()[:10])"
  assert.match(command({}), /ControlPath="\/home\/alice\/\.ansible\/cp\/ae750fdd40"/);
  assert.match(command({ ansible_control_path_dir: "/tmp/cp", ansible_control_path: "%(directory)s/%%h-%%r" }), /ControlPath="\/tmp\/cp\/%h-%r"/);
  assert.doesNotMatch(command({ ansible_ssh_args: "-o ControlPersist=60s -o ControlPath=/x" }), /ControlPath=".*"/);
  assert.doesNotMatch(command({ ansible_ssh_args: "-C" }), /ControlPath/);
});

test("variables win over options, options over ansible.cfg", () => {
  const settings = { "ssh.remote_user": "carol", "ssh.port": 7, DEFAULT_PRIVATE_KEY_FILE: "/k", "ssh.timeout": 3, "ssh.host_key_checking": false, "ssh.ssh_args": "-C" };
  assert.match(command({}, { settings }), /StrictHostKeyChecking=no -o Port=7 -o IdentityFile="\/k" .*User="carol" -o ConnectTimeout=3/);
  assert.match(command({}, { settings, options: { user: "dave", privateKeyFile: "/d", timeoutSeconds: 4 } }), /IdentityFile="\/d" .*User="dave" -o ConnectTimeout=4/);
  assert.match(command({ ansible_user: "eve", ansible_ssh_timeout: "5" }, { settings, options: { user: "dave" } }), /User="eve" -o ConnectTimeout=5/);
  assert.match(command({ ansible_ssh_common_args: "-v" }, { options: { sshCommonArgs: "-q", sshExtraArgs: "-4" } }), / -v -4 /);
  assert.match(command({ ansible_host_key_checking: "no", ansible_ssh_host_key_checking: true }), /^((?!StrictHost).)*$/);
});

test("settings are read as ansible-config prints them, of plug-ins too", () => {
  const settings = readSettings([{ name: "DEFAULT_REMOTE_USER", value: "u" }, { GALAXY_SERVERS: {} }, { CONNECTION_PLUGINS: [{ ssh: [{ name: "port", value: 22 }] }, { "ansible.builtin.local": [] }] }]);
  assert.deepEqual([...settings], [["DEFAULT_REMOTE_USER", "u"], ["ssh.port", 22]]);
  assert.deepEqual([...readSettings(null), ...readSettings("x")], []);
});

test("local, docker, podman and kubectl are reached by their commands", () => {
  assert.equal(command({ ansible_connection: "ansible.builtin.local" }), "/bin/sh -c");
  assert.equal(command({ ansible_connection: "community.docker.docker", ansible_host: "c1", ansible_docker_extra_args: "-H 'tcp://a b'", ansible_user: "app" }), "docker -H tcp://a b exec -u app -i c1 /bin/sh -c");
  assert.equal(command({ ansible_connection: "containers.podman.podman" }), "podman exec -i web1 /bin/sh -c");
  const pod = { ansible_connection: "kubectl", ansible_kubectl_pod: "p", ansible_kubectl_namespace: "n", ansible_kubectl_container: "c", ansible_kubectl_context: "x" };
  assert.equal(command(pod), "kubectl --context x -n n exec -i p -c c -- /bin/sh -c");
  assert.equal(command({}, { options: { connection: "local" } }), "/bin/sh -c");
  assert.equal(command({}, { settings: { DEFAULT_TRANSPORT: "local" } }), "/bin/sh -c");
});

test("what cannot be reached is said, with what can", () => {
  assert.throws(() => connection({ ansible_connection: "winrm" }), problem("not-supported", /web1: connection winrm is not supported; ssh, local/));
  assert.throws(() => connection({ ansible_shell_type: "powershell" }), problem("not-supported", /Windows/));
  assert.throws(() => connection({ ansible_become: true, ansible_become_method: "runas" }), problem("not-supported", /runas.*sudo, su and doas/));
  assert.throws(() => connection({ ansible_connection: "kubectl" }), problem("bad-configuration", /ansible_kubectl_pod/));
  assert.throws(() => connectionOf({ name: "w", variables: {}, unknown: "no value" }, { settings: new Map(), options: {}, home: "" }), problem("bad-configuration", /^w: no value$/));
  assert.throws(() => connection({ ansible_ssh_args: "-o 'x" }), problem("bad-configuration", /ssh_args has a quote/));
  assert.throws(() => connection({ ansible_python_interpreter: "a\nb" }), problem("bad-configuration", /more than one line/));
  for (const secret of ["ansible_private_key", "ansible_ssh_private_key"]) {
    assert.throws(() => connection({ [secret]: "hunter2" }), (error) => problem("not-supported", /key/)(error) && !String(error).includes("hunter2"));
  }
  assert.throws(() => connection({ ansible_connection: "kubectl", ansible_kubectl_token: "hunter2" }), (error) => !String(error).includes("hunter2"));
});

test("Python is the one that the inventory names, as it is written, or is looked for", () => {
  assert.match(script({ ansible_connection: "local", ansible_python_interpreter: "~/venv/bin/python" }), /^exec ~\/venv\/bin\/python -c 'import sys;/);
  assert.match(script({ ansible_connection: "local" }), /^for p in python3 .*; do .* exec "\$p"/);
  assert.match(script({ ansible_connection: "local", ansible_python_interpreter: "auto_silent" }), /^for p in/);
  assert.match(script({ ansible_connection: "local" }, { settings: { INTERPRETER_PYTHON: "/opt/py" } }), /^exec \/opt\/py /);
  assert.equal(execFileSync("/bin/sh", ["-c", script({ ansible_connection: "local" })], { input: "14\nprint(40 + 2)\n", encoding: "utf8" }), "42\n");
});

test("become is Ansible's, and the script survives every quoting", () => {
  const local = { ansible_connection: "local", ansible_python_interpreter: "/py", ansible_become: "yes" };
  assert.match(script(local), /^exec sudo -H -S -n -u root \/bin\/sh -c 'exec \/py -c '"'"'import/);
  assert.equal(connection(local).becomeUser, "root");
  assert.match(script({ ansible_connection: "local" }, { options: { become: true, becomeUser: "app" } }), /^exec sudo -H -S -n -u app /);
  assert.match(script({ ...local, ansible_sudo_user: "x", ansible_become_user: "y", ansible_become_flags: "-i", ansible_become_exe: "/s" }), /^exec \/s -i -u x /);
  assert.match(script({ ...local, ansible_become_method: "su" }, { settings: { "su.become_user": "w" } }), /^exec su {2}w -c 'exec \/bin\/sh -c /);
  assert.match(script({ ...local, ansible_become_method: "community.general.doas" }), /^exec doas {2}-n -u root \/bin\/sh -c/);
  assert.equal(connection({ ...local, ansible_become: false }, { options: { become: true } }).becomeUser, undefined);
});

test("a login password is kept out of the command, and ssh may ask for it once", () => {
  for (const asked of [connection({ ansible_password: "hunter2" }), connection({ ansible_ssh_pass: "hunter2" }), connection({}, { options: { password: "hunter2" } })]) {
    assert.equal(asked.loginPassword, "hunter2");
    assert.match(asked.command.join(" "), /^((?!hunter2|BatchMode|PasswordAuthentication).)*NumberOfPasswordPrompts=1 ((?!hunter2).)*StrictHostKeyChecking=yes/);
  }
  assert.doesNotMatch(command({ ansible_password: "x", ansible_host_key_checking: false }), /StrictHostKeyChecking=yes/);
  assert.equal(connection({ ansible_connection: "local", ansible_password: "x" }).loginPassword, undefined);
});

test("a become password is kept out of the command, and sudo asks with a mark of ours", () => {
  const asked = connection({ ansible_connection: "local", ansible_become: true, ansible_become_password: "hunter2" });
  assert.equal(asked.becomePassword, "hunter2");
  assert.ok(!asked.command.join(" ").includes("hunter2"));
  assert.match(asked.command.at(-1) ?? "", new RegExp(`^exec sudo -H -S -p '${BECOME_PROMPT.replaceAll(/[[\]]/g, String.raw`\$&`)}' -u root /bin/sh -c 'echo `));
  assert.match(script({ ansible_connection: "local", ansible_become_flags: "-Hn --non-interactive" }, { options: { become: true, becomePassword: "x" } }), /^exec sudo -H -S -p/);
  assert.throws(() => connection({ ansible_connection: "local", ansible_become: true, ansible_become_method: "doas", ansible_doas_pass: "hunter2" }), (error) => problem("not-supported", /doas with a password/)(error) && !String(error).includes("hunter2"));
  const su = connection({ ansible_connection: "local", ansible_become: true, ansible_become_method: "su", ansible_su_pass: "hunter2" });
  assert.match(su.command.at(-1) ?? "", /^exec su {2}root -c 'exec \/bin\/sh -c .*echo /);
  assert.ok(!su.command.join(" ").includes("hunter2"));
  for (const prompt of ["Password: ", "Passwort:", "密碼：", "warned\nMot de passe : "]) assert.match(prompt, su.becomePrompt);
  assert.doesNotMatch("Warning: something\n", su.becomePrompt);
});

test("words are those of a shell", () => {
  for (const line of ["", "a  b", `-o "Proxy=a 'b' \\"c\\" \\d" 'e "f' g\\ h`, `''`, "a''b\"\"c"]) {
    const python = JSON.parse(execFileSync("python3", ["-c", "import json,shlex,sys; print(json.dumps(shlex.split(sys.argv[1])))", line], { encoding: "utf8" })) as string[];
    assert.deepEqual(splitWords(line), python, line);
  }
  assert.deepEqual([splitWords("'a"), splitWords('"a'), splitWords("a\\")], [undefined, undefined, undefined]);
  const odd = `a'b"c$d\\e f\`g`;
  assert.equal(execFileSync("/bin/sh", ["-c", `printf %s ${quoteWord(odd)}`], { encoding: "utf8" }), odd);
});

test("why a host is unreachable is said with the next step and nothing that steers a terminal", () => {
  const host = connection({ ansible_connection: "local", ansible_become: true });
  const says = (error: string, code: number | null = 255): string => {
    const { message, code: kind } = neverReady({ connection: host, code, error });
    assert.equal(kind, "unreachable");
    return message;
  };
  assert.match(says("@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\r\n"), /host key has changed.*ssh-keygen -R/);
  assert.match(says("Host key verification failed.\r\n"), /not known here; connect to it once/);
  assert.match(says("bob@h: Permission denied (publickey).\r\n"), /login was refused \(bob@h: Permission denied \(publickey\)\.\); check user/);
  assert.match(says("ssh: connect to host h port 22: Connection refused\r\n"), /^web1: ssh: connect to host h port 22: Connection refused; try it by hand/);
  assert.match(says("sudo: a password is required\n", 1), /becoming root needs a password; give it with --ask-become-pass/);
  assert.match(says("sudo: sorry, you must have a tty to run sudo\n", 1), /requiretty/);
  assert.match(says("sudo: 1 incorrect password attempt\n", 1), /password to become root was refused/);
  assert.match(says("alice is not in the sudoers file.\n", 1), /may not become root/);
  assert.match(says("/bin/sh: 1: exec: /py: not found\n", 127), /no Python to run there .*ansible_python_interpreter/);
  assert.match(says("", 3), /ended with code 3 and gave no reason/);
  assert.match(says("\u001b[31mred\u001b[0m\u0007\u202e\n"), /^web1: red\\x07\\u202e; try/);
  assert.match(lostLink({ connection: host, code: 255, error: "Timeout, server h not responding.\r\n" }).message, /connection was lost \(Timeout, server h not responding\.\)/);
  assert.match(notStarted(host, "not found").message, /\/bin\/sh cannot be run \(not found\); install it/);
  assert.match(tooSlow(host, 40).message, /no answer within 40 s; raise the time with -T/);
});
