// Login user and become user are both unprivileged, and the one cannot hand the module's files to the other.

import { hostOf } from "../../model/job-traces.ts";
import type { Mode, SymptomView } from "../../model/mode.ts";
import { cannot } from "../../model/mode.ts";
import { textOf } from "../../model/story.ts";

const MESSAGE = "Failed to set permissions on the temporary files Ansible needs to create when becoming an unprivileged user";

const symptom: SymptomView = (subject) => {
  const result = subject.results.find((each) => textOf(each, "msg")?.includes(MESSAGE) === true);
  if (result === undefined) return undefined;
  const host = hostOf(result);
  return {
    supports: [{ quote: result.quote, says: `On ${host} the login user could not let the become user read the module's files: nothing was started.` }],
    against: [],
    do: `Install setfacl on ${host} (package acl), or connect as root or as the become user. Pipelining does not help a task with async.`,
    unknown: [{ what: `Whether ${host} has setfacl.`, command: `ansible ${host} -m ansible.builtin.raw -a "command -v setfacl"` }],
  };
};

export const mode: Mode = {
  id: "become-unprivileged-tmp",
  title: "The become user may not read the files of the launch",
  why: "A task with async is never pipelined: its wrapper and module are written to the host by the login user and run by the become user. When neither is root and the host has no setfacl, Ansible cannot let the one read the files of the other. Tasks without async may work on the same host, because pipelining needs no files.",
  do: "Install setfacl (package acl) on the hosts, or connect as root or as the become user.",
  messages: [{ text: `${MESSAGE} (rc: *` }],
  lint: cannot("who logs in, and whether the host has setfacl, is not in the playbook"),
  symptom,
  probe: cannot("the hosts are not looked at yet"),
  fix: cannot("a package is to be installed, or another login to be used"),
};
