// The texts that `longhaul init` writes or tells to add.

/** Where longhaul is to be got from. */
export interface Source {
  readonly url: string;
  readonly revision: string;
}

/** One thing to set up: where it may stand already, and its text. */
export interface Piece {
  readonly title: string;
  /** Files that may hold it; the first that is there counts, and the first of all is made where none is. */
  readonly paths: readonly string[];
  /** Whether a file of such a path has it already. */
  readonly isIn: RegExp;
  readonly whole: string;
  /** What to add to a file that is there, and where. */
  readonly part: string;
  readonly place: string;
  /** What is to be done afterwards. */
  readonly next?: string;
}

const UNKNOWN: Source = { url: "https://HOST/OWNER/longhaul.git", revision: "REVISION" };
const FILL_IN = "put the place of longhaul for HOST, OWNER and REVISION in it, or name it with --source";

export const CONFIG: Piece = {
  title: "longhaul.yml, what to lint and how",
  paths: ["longhaul.yml", ".config/longhaul.yml"],
  isIn: /(?:)/,
  whole: `# What longhaul goes by in this project. Everything may be left out.
profile: default                 # min: only what fails for certain; strict: hints fail the run too
# paths: [playbooks, roles]      # what to lint where nothing is named; all of the project if not given
# exclude:                       # patterns as in .gitignore
#   - vendor/
# core: 2.16-2.19                # the ansible-core versions that count; all if not given
# modes:                         # a severity for a mode that this project sees differently
#   launch-never-checked: info
`,
  part: "",
  place: "",
};

const HOOK = `  - repo: local
    hooks:
      - id: longhaul
        name: longhaul
        entry: longhaul lint
        language: system
        files: (\\.ya?ml|(^|/)ansible\\.cfg)$
        pass_filenames: false
`;

export const PRE_COMMIT: Piece = {
  title: "a hook for pre-commit",
  paths: [".pre-commit-config.yaml", ".pre-commit-config.yml"],
  isIn: /^\s*-?\s*id:\s*longhaul(?:-fix)?\s*(?:#.*)?$/m,
  whole: `repos:\n${HOOK}`,
  part: HOOK,
  place: "below repos:",
  next: "pre-commit install",
};

export function github({ url, revision }: Source = UNKNOWN): Piece {
  // An action is named by its repository on GitHub; one from elsewhere is fetched as anywhere else.
  const name = /github\.com[/:](.+?)(?:\.git)?$/.exec(url)?.[1];
  const isAction = name !== undefined || url === UNKNOWN.url;
  const steps = isAction
    ? `      - uses: ${name ?? "OWNER/longhaul"}@${revision}\n`
    : `      - run: |\n          git clone --quiet ${url} "$RUNNER_TEMP/longhaul"\n          cd "$RUNNER_TEMP/longhaul" && git checkout --quiet ${revision} && npm ci\n      - run: '"$RUNNER_TEMP/longhaul/bin/longhaul" lint -f github'\n`;
  return {
    title: "a workflow for GitHub",
    paths: [".github/workflows/longhaul.yml", ".github/workflows/longhaul.yaml"],
    isIn: /(?:)/,
    whole: `name: longhaul
on: [push, pull_request]
permissions:
  contents: read
jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
${steps}`,
    part: "",
    place: "",
    ...(url === UNKNOWN.url ? { next: FILL_IN } : {}),
  };
}

export function gitlab({ url, revision }: Source = UNKNOWN): Piece {
  const job = `longhaul:
  image: node:24
  before_script:
    - git clone --quiet ${url} /opt/longhaul
    - (cd /opt/longhaul && git checkout --quiet ${revision} && npm ci)
    - export PATH="/opt/longhaul/bin:$PATH"
  script:
    - longhaul lint -f codeclimate > gl-code-quality-report.json || true
    - longhaul lint
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
`;
  return {
    title: "a job for GitLab",
    paths: [".gitlab-ci.yml"],
    isIn: /longhaul lint/,
    whole: job,
    part: job,
    place: "at its top level",
    ...(url === UNKNOWN.url ? { next: FILL_IN } : {}),
  };
}

export function collection({ url, revision }: Source = UNKNOWN): Piece {
  const entry = `  - name: ${url}#/collection/\n    type: git\n    version: ${revision}\n`;
  const paths = ["collections/requirements.yml", "collections/requirements.yaml", "requirements.yml", "requirements.yaml"];
  return {
    title: "the collection longhaul.jobs in a requirements.yml",
    paths,
    isIn: /longhaul\.jobs|longhaul(?:\.git)?#\/collection/,
    whole: `collections:\n${entry}`,
    part: entry,
    place: "below collections:",
    next: url === UNKNOWN.url ? FILL_IN : "ansible-galaxy collection install -r FILE",
  };
}

export const EXAMPLE: Piece = {
  title: "a playbook that uses the role async_task",
  paths: ["longhaul-example.yml"],
  isIn: /(?:)/,
  whole: `# A command that takes long: started as a job, waited for, and told what became of it.
- name: Run something long
  hosts: all
  gather_facts: false
  tasks:
    - name: Rebuild the index
      ansible.builtin.include_role:
        name: longhaul.jobs.async_task
      vars:
        async_task_command: echo begun; sleep 20; echo done
        async_task_limit: 60
        async_task_poll: 5
        async_task_expected: 20

    - name: Tell what became of it
      ansible.builtin.debug:
        msg: "{{ async_task_result.state }} after {{ async_task_result.duration }} s: {{ async_task_result.stdout }}"
`,
  part: "",
  place: "",
  next: "ansible-playbook -i INVENTORY longhaul-example.yml",
};
