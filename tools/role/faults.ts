// What can happen to a job of the role async_task, and what the role then has to say: each is made to happen on a host of its own.

export interface Fault {
  readonly id: string;
  /** What happens, for the table. */
  readonly title: string;
  readonly command: string;
  readonly limitSeconds: number;
  /** Shell, run on the host between the start and the wait; knows JID, FILE (the job file), RUNNER, WATCHER and MODULE. */
  readonly harm?: string;
  /** Further variables of the host; `DIRECTORY` in them is the directory of the run. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly expects: Expected;
  /** Ready in seconds, on a local connection too. */
  readonly quick?: true;
  /** Over ssh only: while `DIRECTORY/away` is there, nothing connects to the host. */
  readonly goesAway?: true;
}

export interface Expected {
  readonly state: string;
  readonly rc?: number;
  readonly stdout?: RegExp;
  readonly stillRunning?: boolean;
  readonly msg?: RegExp;
}

const SLEEPS = "echo begun; sleep 300";
/** Runs until the harm is done: nothing here depends on how fast this machine is. */
const HELD = "echo begun; until test -e DIRECTORY/go-FAULT; do sleep 0.2; done; echo done";
const GO = "touch DIRECTORY/go-FAULT";
/** The process of sshd that serves this connection. */
const OWN_SSHD = "P=$PPID; while [ $P -gt 1 ] && ! grep -q sshd /proc/$P/comm; do P=$(ps -o ppid= -p $P | tr -d ' '); done; [ $P -gt 1 ]";

export const FAULTS: readonly Fault[] = [
  { id: "success", title: "none: the command ends well", command: "echo out; echo err >&2", limitSeconds: 60, expects: { state: "finished", rc: 0, stdout: /^out$/, stillRunning: false, msg: /^$/ }, quick: true },
  { id: "fails", title: "the command fails", command: "echo no space left >&2; exit 3", limitSeconds: 60, expects: { state: "failed", rc: 3, msg: /failed with rc 3\. Its last line: no space left$/ }, quick: true },
  { id: "environment-missing", title: "a variable of the environment is missing", command: "echo ${DB_HOST:?is not set}", limitSeconds: 60, expects: { state: "failed", rc: 2, msg: /DB_HOST: is not set/ } },
  { id: "command-missing", title: "the command is not in the job's PATH", command: "no-such-program-here", limitSeconds: 60, expects: { state: "failed", rc: 127, msg: /no login shell's PATH/ } },
  { id: "killed-by-signal", title: "the command is killed (out of memory does it so)", command: "echo begun; kill -9 $$", limitSeconds: 60, expects: { state: "failed", rc: -9, stdout: /begun/, msg: /signal 9 \(KILL\).*memory/ } },
  { id: "limit", title: "the command takes longer than the limit", command: SLEEPS, limitSeconds: 4, variables: { async_task_poll: 2 }, expects: { state: "timed-out", stdout: /^begun$/, stillRunning: false, msg: /ended at its limit of 4 seconds/ }, quick: true },
  { id: "limit-stubborn", title: "the same, and TERM is not heeded", command: "trap '' TERM; echo begun; while :; do sleep 1; done", limitSeconds: 4, variables: { async_task_poll: 2 }, expects: { state: "timed-out", rc: -9, stdout: /^begun$/, stillRunning: false } },
  { id: "wrapper-first", title: "its module is stopped; ansible-core's wrapper ends it (`Timeout exceeded`)", command: SLEEPS, limitSeconds: 180, harm: "kill -STOP $MODULE", expects: { state: "timed-out", stdout: /begun/, msg: /wrapper of ansible-core/ } },
  { id: "controller-first", title: "nobody on the host ends it; the controller gives up", command: SLEEPS, limitSeconds: 180, harm: "kill -STOP $WATCHER; kill -STOP $MODULE", expects: { state: "timed-out", stillRunning: true, msg: /past its limit of 180/ } },
  { id: "just-in-time", title: "it ends just before the limit, and is asked 20 s later", command: "sleep 5; echo done", limitSeconds: 9, variables: { async_task_poll: 2 }, harm: "sleep 25", expects: { state: "finished", rc: 0, stdout: /^done$/ } },
  { id: "runner-killed", title: "the wrapper that writes the result is killed", command: SLEEPS, limitSeconds: 300, harm: "kill -9 $RUNNER", expects: { state: "lost", stdout: /begun/, msg: /is lost.*before it is started again/ }, quick: true },
  { id: "module-killed", title: "the module that runs the command is killed", command: SLEEPS, limitSeconds: 300, harm: "kill -9 $MODULE", expects: { state: "lost", msg: /process that ran its module was killed/ } },
  { id: "watcher-killed", title: "the wrapper that watches the limit is killed", command: HELD, limitSeconds: 300, harm: `kill -9 $WATCHER && ${GO}`, expects: { state: "finished", rc: 0, stdout: /done/ } },
  { id: "all-killed", title: "all of it is killed, as by a restart of the host", command: SLEEPS, limitSeconds: 300, harm: "SESSION=$(ps -o sess= -p $RUNNER | tr -d ' '); kill -9 $WATCHER; kill -9 $(ps -e -o pid= -o sess= | awk -v s=$SESSION '$2 == s { print $1 }')", expects: { state: "lost", stdout: /begun/, msg: /no process of it is left/ }, quick: true },
  { id: "file-removed", title: "its job file is removed while it runs", command: HELD, limitSeconds: 300, harm: `rm $FILE && ${GO}`, expects: { state: "finished", rc: 0, stdout: /done$/ }, quick: true },
  { id: "dir-removed", title: "the async directory is removed while it runs", command: HELD, limitSeconds: 300, harm: `rm -r $(dirname $FILE) && ${GO}`, expects: { state: "lost", msg: /job file is gone, and no process of it is left/ } },
  { id: "dir-impossible", title: "the async directory cannot be made", command: "echo out", limitSeconds: 60, variables: { ansible_async_dir: "/dev/null/async" }, expects: { state: "not-started", msg: /could not create directory|was not started/ } },
  { id: "dir-unwritable", title: "the async directory cannot be written", command: "echo out", limitSeconds: 60, variables: { async_task_become_user: "nobody", ansible_async_dir: "DIRECTORY/closed", ansible_remote_tmp: "/var/tmp/DIRNAME-nobody" }, expects: { state: "lost", msg: /job file is gone/ } },
  { id: "another-user", title: "none, as another user by sudo", command: "id -un; echo $HOME; sleep 3", limitSeconds: 60, variables: { async_task_become_user: "nobody", async_task_environment: { HOME: "/tmp" }, ansible_async_dir: "DIRECTORY/open/nobody", ansible_remote_tmp: "/var/tmp/DIRNAME-nobody" }, expects: { state: "finished", rc: 0, stdout: /^nobody\n\/tmp$/ } },
  { id: "another-user-killed", title: "all of it is killed, as another user", command: SLEEPS, limitSeconds: 300, harm: "kill -9 $WATCHER; kill -9 $RUNNER; kill -9 $MODULE", variables: { async_task_become_user: "nobody", ansible_async_dir: "DIRECTORY/open/nobody2", ansible_remote_tmp: "/var/tmp/DIRNAME-nobody" }, expects: { state: "lost", msg: /no process of it is left/ } },
  {
    id: "connection-cut", title: "the connection is cut during the wait, and the host away for 8 s", command: HELD, limitSeconds: 300, variables: { async_task_poll: 2 }, goesAway: true,
    harm: `${OWN_SSHD} && setsid sh -c "sleep 2; touch DIRECTORY/away; kill -9 $P; sleep 8; rm DIRECTORY/away; ${GO}" >/dev/null 2>&1 </dev/null &`,
    expects: { state: "finished", rc: 0, stdout: /done$/ },
  },
  { id: "unreachable", title: "the host is away when it is waited for, longer than `async_task_patience`", command: SLEEPS, limitSeconds: 300, variables: { async_task_poll: 2, async_task_patience: 5, wait_port: 1 }, expects: { state: "unknown", msg: /could not be looked at for \d+ seconds/ } },
  { id: "no-log", title: "none, with `no_log`", command: "echo secret; exit 4", limitSeconds: 60, variables: { async_task_no_log: true }, expects: { state: "failed", rc: 4, stdout: /^secret$/, msg: /^(?!.*secret)/ } },
];
