# What the agent can find out about a host besides its jobs: facts for a judge elsewhere, each probe one answer, bounded in time and size.
# It comes with the first probe request, into the agent's own names. What is not known is null, and "unknown" says why; no secret is sent.
# A request may name another root directory, in which configuration is looked for.

import binascii

LOGIN_SECONDS = 10.0
PROGRAM_SECONDS = 5.0
PROGRAM_OUTPUT = 1024 * 1024
CONFIG_LIMIT = 256 * 1024
FILES_AT_MOST = 2000
TOLD_AT_MOST = 50
TRIED_BYTES = 64 * 1024
LINE_LIMIT = 8192
STARS_AT_MOST = 6


# Files and programs.

def rooted(request, path):
    root = request.get("root")
    return (to_bytes(root).rstrip(b"/") if isinstance(root, Text) else b"") + path


def read_config(path, limit=CONFIG_LIMIT):
    """The bytes of a regular file, cut at the limit; None where it cannot be read, pipes and devices among that."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return None
    try:
        return os.read(fd, limit) if stat.S_ISREG(os.fstat(fd).st_mode) else None
    except OSError:
        return None
    finally:
        os.close(fd)


def names_in(directory):
    """Sorted names, [] where there is no such directory, None where it may not be looked into."""
    try:
        return sorted(os.listdir(directory))[:FILES_AT_MOST]
    except OSError as error:
        return [] if error.errno in (errno.ENOENT, errno.ENOTDIR) else None


def config_files(request, directories, suffix):
    """Drop-ins as systemd reads them: sorted by name, the first directory wins. An empty one, or a link to /dev/null, takes a name away."""
    found = {}
    for directory in directories:
        for name in names_in(rooted(request, directory)) or []:
            if name.endswith(suffix) and name not in found:
                found[name] = directory + b"/" + name
    return [found[name] for name in sorted(found)]


def lines_of(data):
    """Numbered lines of a configuration, continuation lines joined, without comments, and without any that nobody has written by hand."""
    at = number_ = 0
    line = b""
    for part in data.split(b"\n"):
        at += 1
        number_ = number_ or at
        if part.endswith(b"\\"):
            line += part[:-1] + b" "
            continue
        line = (line + part).strip()
        if 0 < len(line) <= LINE_LIMIT and not line.startswith((b"#", b";")):
            yield number_, line
        line, number_ = b"", 0


def run_program(argv, seconds=PROGRAM_SECONDS, environ=None, until=None):
    """
    Runs a program with nothing to read. Out: its exit code (None: it took too long and was ended), and the start of its standard output
    (None: it could not be started). It gets a session of its own, which is ended with it.
    """
    import subprocess

    with open(os.devnull, "r+b") as null:
        try:
            child = subprocess.Popen(argv, stdin=null, stdout=subprocess.PIPE, stderr=null, env=environ, preexec_fn=os.setsid, close_fds=True)
        except (OSError, ValueError):
            return None, None
    output = b""
    code = None
    end = time.time() + seconds
    fd = child.stdout.fileno()
    try:
        while len(output) < PROGRAM_OUTPUT and (until is None or until not in output):
            left = min(end - time.time(), seconds)
            if left <= 0 or not readable(fd, left):
                break
            part = os.read(fd, 65536)
            if not part:
                break
            output += part
        while code is None and time.time() < end and end - time.time() <= seconds:
            code = child.poll()
            if code is None:
                time.sleep(0.005)
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except OSError:
            pass
        child.stdout.close()
        child.wait()
    return code, output


def readable(fd, seconds):
    waiting = select.poll()
    waiting.register(fd, select.POLLIN)
    until = time.time() + seconds
    while True:
        try:
            return bool(waiting.poll(int(max(0, until - time.time()) * 1000) + 1))
        except (select.error, OSError) as error:
            if error.args and error.args[0] != errno.EINTR:
                return False


def program_in(path, name):
    """Where a program of this name is found on a PATH, or None."""
    if b"/" in name:
        return name if os.access(name, os.X_OK) and os.path.isfile(name) else None
    for directory in path.split(b":"):
        place = (directory or b".") + b"/" + name
        if os.path.isfile(place) and os.access(place, os.X_OK):
            return place
    return None


def environ_bytes():
    return dict(os.environ) if PY2 else dict(os.environb)


def text_or_none(data, limit=4096):
    return None if data is None else path_text(data[:limit])


# environment: the job's, and what a login shell would add to it.

PATH_NAME = re.compile(br"[A-Za-z0-9_]*(?:PATH|_HOME)\Z")
PATH_VALUE = re.compile(br"[/~.][^:\0\n]*(?::[^:\0\n]*)*\Z")
# What a shell sets for itself, and what a session has of its own.
OF_A_SHELL = frozenset([b"_", b"SHLVL", b"PWD", b"OLDPWD", b"LONGHAUL_LOGIN", b"LONGHAUL_PYTHON", b"LONGHAUL_CODE"])
LOGIN_SHELLS = frozenset([b"sh", b"bash", b"dash", b"ash", b"zsh", b"ksh", b"ksh93", b"mksh", b"fish", b"busybox"])
LOGIN_CODE = b"""import os,sys
e=getattr(os,'environb',os.environ)
o=getattr(sys.stdout,'buffer',sys.stdout)
m=e['LONGHAUL_LOGIN' if e is os.environ else b'LONGHAUL_LOGIN']
o.write(m+b'<'+b'\\0'.join([k+b'='+v for k,v in e.items()])+b'\\0'+m+b'>')
o.flush()
"""


def login_environment(shell):
    """Variables of a login shell that is started as this user, and why there are none. Its values stay in here."""
    if shell is None:
        return None, "the user has no entry in the password file"
    name = shell.rsplit(b"/", 1)[-1]
    if name in (b"nologin", b"false"):
        return None, "the user's shell, %s, lets nobody in" % path_text(shell)
    if name not in LOGIN_SHELLS:
        return None, "%s is no shell that takes -l and -c" % path_text(shell)
    mark = b"longhaul-%d-" % os.getpid() + binascii.hexlify(os.urandom(8))
    environ = environ_bytes()
    before = dict(environ)
    environ.update({b"LONGHAUL_LOGIN": mark, b"LONGHAUL_PYTHON": to_bytes(sys.executable or "python3"), b"LONGHAUL_CODE": LOGIN_CODE})
    code, output = run_program([shell, b"-l", b"-c", b'exec "$LONGHAUL_PYTHON" -E -S -c "$LONGHAUL_CODE"'], LOGIN_SECONDS, environ, mark + b">")
    end_marked(mark)
    if output is None:
        return None, "%s cannot be started" % path_text(shell)
    _, _, rest = output.partition(mark + b"<")
    body, found, _ = rest.partition(mark + b">")
    if not found:
        return None, "%s -l gave no answer within %d s" % (path_text(shell), LOGIN_SECONDS) if code is None else "%s -l ended with code %d before it ran a program" % (path_text(shell), code)
    login = dict(entry.split(b"=", 1) for entry in body.split(b"\0") if b"=" in entry)
    return dict((name, value) for name, value in login.items() if name not in OF_A_SHELL or before.get(name) == value), None


def end_marked(mark):
    """Ends what the start-up files left behind (an agent for keys, for one), so that nothing of this look stays."""
    if HOW != "proc":
        return
    entry = b"LONGHAUL_LOGIN=" + mark
    for name in os.listdir(PROC):
        if name.isdigit() and int(name) != os.getpid() and entry in (read_proc(PROC + b"/" + name + b"/environ", 1 << 18) or b"").split(b"\0"):
            try:
                os.kill(int(name), signal.SIGKILL)
            except OSError:
                pass


def path_values(environ, names):
    """Values of variables that hold paths and nothing else; of others only the names are told."""
    return dict((path_text(name), text_or_none(environ[name])) for name in sorted(names) if PATH_NAME.match(name) and PATH_VALUE.match(environ[name]))


def needed(request, job, login):
    """For each name of a program or variable that a job will need: what the job's environment and a login have of it."""
    asked = request.get("needs")
    told = []
    for text in (asked if isinstance(asked, list) else [])[:TOLD_AT_MOST]:
        if not isinstance(text, Text) or not text:
            continue
        told.append({"name": text[:200], "job": found_in(job, to_bytes(text)), "login": found_in(login, to_bytes(text))})
    return told


def found_in(environ, name):
    if environ is None:
        return None
    return {"variable": name in environ, "program": text_or_none(program_in(environ.get(b"PATH", b""), name))}


def probe_environment(request):
    job = environ_bytes()
    try:
        account = pwd.getpwuid(os.geteuid())
        home, shell = to_bytes(account.pw_dir), to_bytes(account.pw_shell) or b"/bin/sh"
    except KeyError:
        home = shell = None
    umask = os.umask(0)
    os.umask(umask)
    login, why = login_environment(shell)
    told = None
    if login is not None:
        added = set(login) - set(job)
        changed = set(name for name in login if name in job and login[name] != job[name])
        told = {
            "path": text_or_none(login.get(b"PATH")),
            "added": sorted(path_text(name) for name in added)[:FILES_AT_MOST],
            "changed": sorted(path_text(name) for name in changed)[:FILES_AT_MOST],
            "values": path_values(login, added | changed),
        }
    return {
        "interpreter": sys.executable or None, "version": "%d.%d.%d" % sys.version_info[:3], "user": user_name(os.geteuid()), "uid": os.geteuid(),
        "home": text_or_none(home), "home_env": text_or_none(job.get(b"HOME")), "path": text_or_none(job.get(b"PATH")), "shell": text_or_none(shell),
        "umask": umask, "login": told, "needs": needed(request, job, login), "unknown": {} if why is None else {"login": why},
    }


# async-dir and remote-tmp: directories, and what can be done in them.

def wrapper_expands(path):
    """~ as async_wrapper expands it, by os.path.expanduser: $HOME first. A relative path is below where it runs."""
    if path == b"~" or path.startswith(b"~/"):
        home = environ_bytes().get(b"HOME")
        path = ((home.rstrip(b"/") if home is not None else home_of(os.geteuid()) or b"~") + path[1:]) or b"/"
    elif path.startswith(b"~"):
        path = os.path.expanduser(path)
    return absolute(path_text(path)) if not path.startswith(b"~") else None


def status_expands(path):
    """As async_status finds it: ~ by the password file (the action plug-in asks a shell for ~user), then variables (its argument is a path)."""
    if path.startswith(b"~"):
        path = absolute(path_text(path))
    return absolute(path_text(os.path.expanduser(os.path.expandvars(path))))


def mount_of(path):
    """Type, mount point and options of the file system that a path is on, or None."""
    try:
        device = os.stat(path).st_dev
    except OSError:
        return None
    data = read_proc(PROC + b"/self/mountinfo", 1 << 20)
    if data is None:
        return None
    real = os.path.realpath(path)
    best = None
    for line in data.split(b"\n"):
        fields, dash, rest = line.partition(b" - ")
        fields, rest = fields.split(b" "), rest.split(b" ")
        if not dash or len(fields) < 6 or len(rest) < 3:
            continue
        point = re.sub(br"\\([0-7]{3})", lambda match: bytes(bytearray([int(match.group(1), 8) & 255])), fields[4])
        if real != point and not real.startswith(point.rstrip(b"/") + b"/"):
            continue
        same = fields[2] == b"%d:%d" % (os.major(device), os.minor(device))
        # A later line lies over an earlier one of the same mount point.
        if best is None or (len(point), same) >= best[0]:
            best = ((len(point), same), point, rest[0], fields[5].split(b",") + rest[2].split(b","))
    if best is None:
        return None
    return {"type": shown(best[2])[:100], "point": text_or_none(best[1]), "options": [shown(option)[:100] for option in best[3]][:TOLD_AT_MOST]}


def tried(directory):
    """Makes a file in a directory, fills it a little and removes it. Out: None when that went well, else what the system said."""
    place = directory + b"/.longhaul-" + binascii.hexlify(os.urandom(8))
    try:
        fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        return reason(error)
    try:
        try:
            left = TRIED_BYTES
            while left > 0:
                left -= os.write(fd, b"\0" * left) or left
        finally:
            os.close(fd)
    except OSError as error:
        return reason(error)
    finally:
        os.unlink(place)
    return None


def number_or_none(value):
    return None if value < 0 else value


def space_of(directory):
    """Bytes and inodes, for who is not root. Systems without a fixed number of inodes count none."""
    try:
        found = os.statvfs(directory)
    except OSError:
        return {"free": None, "size": None, "inodes_free": None, "inodes": None}
    counted = found.f_files > 0
    return {
        "free": found.f_bavail * found.f_frsize, "size": found.f_blocks * found.f_frsize,
        "inodes_free": found.f_favail if counted else None, "inodes": found.f_files if counted else None,
    }


def directory_facts(directory):
    """What there is at a path, and in the nearest directory above it where there is nothing: whether it can be written to, and how much."""
    facts = {"path": path_text(directory), "exists": False, "kind": None, "owner": None, "uid": None, "mode": None, "nearest": None, "refused": None}
    nearest = directory
    while True:
        try:
            found = os.stat(nearest)
        except OSError as error:
            if nearest == directory and error.errno not in (errno.ENOENT, errno.ENOTDIR):
                facts["refused"] = reason(error)
            if nearest in (b"/", b""):
                break
            nearest = os.path.dirname(nearest)
            continue
        if nearest == directory:
            facts["exists"] = True
            facts["kind"] = "directory" if stat.S_ISDIR(found.st_mode) else "other"
            facts["owner"], facts["uid"], facts["mode"] = user_name(found.st_uid), found.st_uid, stat.S_IMODE(found.st_mode)
        break
    facts["nearest"] = path_text(nearest)
    facts["refused"] = facts["refused"] or tried(nearest)
    facts["filesystem"] = mount_of(nearest)
    facts.update(space_of(nearest))
    facts["unknown"] = {} if facts["filesystem"] is not None else {"filesystem": "the mounts of this host cannot be read"}
    return facts


def asked_path(request, key, otherwise):
    value = request.get(key)
    return to_bytes(value) if isinstance(value, Text) and value else otherwise


def probe_async_dir(request):
    asked = asked_path(request, "async_dir", b"~/.ansible_async")
    by_wrapper, by_status = wrapper_expands(asked), status_expands(asked)
    facts = directory_facts(by_wrapper or by_status)
    names = names_in(by_wrapper or by_status) if facts["exists"] else []
    facts.update({"asked": path_text(asked), "by_wrapper": text_or_none(by_wrapper), "by_status": path_text(by_status)})
    facts["jobs"] = None if names is None else sum(1 for name in names if JOB_NAME.match(name))
    facts["unknown"]["quota"] = "limits of a user show only when a file is written"
    return facts


# Where Ansible makes its directory when somebody unprivileged is to read it (system_tmpdirs, plugins/shell of 2.14 to 2.21).
SYSTEM_TMPS = (b"/var/tmp", b"/tmp")


def acl_facts():
    """Whether a file of ours can be opened to another user by setfacl, as Ansible does it for a user without rights of root."""
    program = program_in(environ_bytes().get(b"PATH", b"") + b":/usr/bin:/bin", b"setfacl")
    if program is None:
        return {"program": None, "works": False, "why": "setfacl is not installed"}
    directory = next((each for each in SYSTEM_TMPS if tried(each) is None), None)
    if directory is None:
        return {"program": path_text(program), "works": None, "why": "neither /var/tmp nor /tmp can be written"}
    place = directory + b"/.longhaul-" + binascii.hexlify(os.urandom(8))
    os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    try:
        code, _ = run_program([program, b"-m", b"u:%d:r-x" % (os.geteuid() + 1), place])
    finally:
        os.unlink(place)
    return {"program": path_text(program), "works": code == 0, "why": None if code == 0 else "setfacl is refused in %s" % path_text(directory)}


def probe_remote_tmp(request):
    asked = asked_path(request, "remote_tmp", b"~/.ansible/tmp")
    path = status_expands(asked)
    facts = directory_facts(path)
    facts["asked"] = path_text(asked)
    options = facts["filesystem"]["options"] if facts["filesystem"] is not None else None
    facts["noexec"] = None if options is None else "noexec" in options
    facts["acl"] = acl_facts()
    return facts


# cleaners: what removes old files of a directory, by itself.

TMPFILES_DIRS = (b"/etc/tmpfiles.d", b"/run/tmpfiles.d", b"/usr/local/lib/tmpfiles.d", b"/usr/lib/tmpfiles.d")
AGE_PART = re.compile(br"([0-9]+)\s*(us|ms|s|m|min|h|d|w)?")
AGE_UNITS = {b"us": 0.000001, b"ms": 0.001, b"s": 1, b"m": 60, b"min": 60, b"h": 3600, b"d": 86400, b"w": 604800}
# Types with an age (tmpfiles.d(5)); and those that remove when the host starts.
AGED, PROTECTING, AT_BOOT = b"dDevqQC", b"xX", b"rRD"
JOB_SAMPLE = b"j123456789012.12345"


def age_seconds(text):
    """`10d`, `1w2d`, `m:3h`, `~5d` of tmpfiles.d, tmpreaper and tmpwatch in seconds (a bare number counts as bare says); None for what is none."""
    text = re.sub(br"\A~?(?:[abcmABCM]+:)?~?", b"", text)
    parts = AGE_PART.findall(text)
    if not parts or AGE_PART.sub(b"", text).strip():
        return None
    return sum(int(amount[:9]) * AGE_UNITS[unit or b"s"] for amount, unit in parts)


def glob_pattern(pattern, tail):
    """A shell pattern of a path as a regular expression; * and ? stop at a slash. None for one that would take for ever to match."""
    if pattern.count(b"*") > STARS_AT_MOST or len(pattern) > LINE_LIMIT:
        return None
    out = b""
    for part in re.split(br"(\*|\?|\[[^\]/]*\])", pattern.rstrip(b"/")):
        if part == b"*":
            out += b"[^/]*"
        elif part == b"?":
            out += b"[^/]"
        elif part.startswith(b"[") and part.endswith(b"]"):
            out += part.replace(b"[!", b"[^").replace(b"\\", b"\\\\")
        else:
            out += re.escape(part)
    try:
        return re.compile(out + tail)
    except re.error:
        return None


def covers(pattern, path, below=True):
    """True where a path is what a pattern names, or lies below that."""
    found = glob_pattern(pattern, br"(?:/.*)?\Z" if below else br"\Z")
    return found is not None and found.match(path) is not None


def words_of(line):
    """Words of a line, quotes taken off."""
    return [(first or second or third) for first, second, third in re.findall(br'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|(\S+)', line)]


def tmpfiles_rules(request):
    """Every rule with a path, in the order that systemd reads them; of two for one path and kind the first counts."""
    seen = set()
    for name in config_files(request, TMPFILES_DIRS, b".conf"):
        for at, line in lines_of(read_config(rooted(request, name)) or b""):
            fields = words_of(line)
            if len(fields) < 2 or not fields[0]:
                continue
            kind, path = fields[0][:1], fields[1].rstrip(b"/") or b"/"
            boot_only = b"!" in fields[0]
            key = (kind in AGED, kind, path)
            if key in seen or not path.startswith(b"/"):
                continue
            seen.add(key)
            yield {"file": name, "line": at, "kind": kind, "boot": boot_only, "path": path, "age": age_seconds(fields[5]) if len(fields) > 5 else None}


def cleaned_by_tmpfiles(rules, directory):
    """The rules that take files out of a directory. The nearest rule with an age decides; x and X take a path out of it."""
    sample = directory + b"/" + JOB_SAMPLE
    if any(rule["kind"] == b"x" and covers(rule["path"], directory) or rule["kind"] in PROTECTING and covers(rule["path"], sample, False) for rule in rules):
        return
    aged = [rule for rule in rules if rule["kind"] in AGED and covers(rule["path"], directory)]
    if aged:
        nearest = max(aged, key=lambda rule: rule["path"].count(b"/") if rule["path"] != b"/" else 0)
        if nearest["age"] is not None:
            yield dict(cleaner("systemd-tmpfiles", nearest["file"], nearest["line"], nearest["path"]), age=nearest["age"], at_boot=False, text=shown(nearest["kind"]))
    for rule in rules:
        whole = rule["kind"] in b"RD" and covers(rule["path"], directory)
        if whole or rule["kind"] == b"r" and covers(rule["path"], sample, False):
            yield dict(cleaner("systemd-tmpfiles", rule["file"], rule["line"], rule["path"]), at_boot=True, text=shown(rule["kind"]))


def cleaner(tool, name, line, path):
    return {"tool": tool, "file": path_text(name), "line": line, "path": path_text(path), "age": None, "at_boot": False, "sure": True, "text": None}


CRON_FILES = (b"/etc/crontab", b"/etc/anacrontab")
CRON_DIRS = (b"/etc/cron.d", b"/etc/cron.hourly", b"/etc/cron.daily", b"/etc/cron.weekly", b"/etc/cron.monthly", b"/var/spool/cron/crontabs", b"/var/spool/cron", b"/etc/systemd/system")
COMMAND_END = re.compile(br"&&|\|\||[;|&`)]|\bthen\b|\bdo\b")
FIND_AGE = re.compile(br"-[acm](time|min)\Z")
FIND_SAID = frozenset([b"-delete", b"-exec", b"-execdir", b"-type", b"-maxdepth", b"-mindepth"])
FIND_DONE = frozenset([b"-delete", b"-exec", b"-execdir", b"-ok", b"-print0", b"-print", b"{}", b"+", b"rm", b"-f", b"-rf", b"-fr", b"-r", b"-xdev", b"-mount", b"-depth", b"\\;", b"\\", b"/bin/rm", b"-v"])


def cron_places(request, unread):
    """Files in which a cleaner may stand. What may not be read is noted in unread."""
    for name in CRON_FILES:
        yield name
    for directory in CRON_DIRS:
        names = names_in(rooted(request, directory))
        if names is None:
            unread.append(path_text(directory))
        for name in names or []:
            if directory != b"/etc/systemd/system" or name.endswith(b".service"):
                yield directory + b"/" + name


def cleaned_by_cron(request, directories, unread):
    for name in cron_places(request, unread):
        place = rooted(request, name)
        data = read_config(place)
        if data is None:
            if os.path.isfile(place):
                unread.append(path_text(name))
            continue
        for at, line in lines_of(data):
            for command in COMMAND_END.split(line):
                for found, directory in cleaned_by_command(command, directories):
                    yield dict(found, file=path_text(name), line=at), directory


def tmpfiles_by_cron(request):
    """Whether cron starts systemd-tmpfiles --clean: hosts without systemd have it too."""
    for name in cron_places(request, []):
        for _, line in lines_of(read_config(rooted(request, name)) or b"") if not name.endswith(b".service") else ():
            for command in COMMAND_END.split(line):
                words = words_of(command)
                if b"--clean" in words and any(word.rsplit(b"/", 1)[-1] == b"systemd-tmpfiles" for word in words):
                    return True
    return False


def cleaned_by_command(command, directories):
    """In: one command of a cron line. Out: what it removes of the directories. Only the words about that are told: a line may hold a password."""
    words = words_of(command)
    for at, word in enumerate(words):
        tool = word.rsplit(b"/", 1)[-1]
        if tool == b"find":
            reader = find_removes
        elif tool in (b"tmpwatch", b"tmpreaper"):
            reader = tmpwatch_removes
        elif tool == b"rm" and at < len(words) - 1:
            reader = rm_removes
        else:
            continue
        for directory in directories:
            found = reader(words[at + 1:], directory)
            if found is not None:
                yield dict(cleaner(shown(tool), b"", 0, found.pop("path")), text=shown(b" ".join([tool] + found.pop("said")))[:200], **found), directory
        return


def find_removes(words, directory):
    paths = []
    while words and not words[0].startswith((b"-", b"(", b"!", b"\\")):
        paths.append(words.pop(0))
    if b"-delete" not in words and not any(word.rsplit(b"/", 1)[-1] in (b"rm", b"unlink") for word in words):
        return None
    age, sure, at = 0, True, 0
    while at < len(words):
        word, value = words[at], words[at + 1] if at + 1 < len(words) else b""
        step = 2
        if FIND_AGE.match(word):
            unit = 86400 if word.endswith(b"time") else 60
            if not re.match(br"\+?[0-9]{1,6}\Z", value):
                sure = False
            else:
                # Whole days or minutes, and more than so many of them.
                age = max(age, (int(value.lstrip(b"+")) + 1) * unit)
        elif word in (b"-name", b"-iname"):
            if not covers(value, JOB_SAMPLE, False) and not covers(value, directory.rsplit(b"/", 1)[-1], False):
                return None
        elif word == b"-type":
            sure = sure and value == b"f"
        elif word in (b"-maxdepth", b"-mindepth"):
            sure = False
        elif word in FIND_DONE:
            step = 1
        else:
            sure, step = False, 1
        at += step
    path = next((path for path in paths if path.startswith(b"/") and covers(path, directory)), None)
    return None if path is None else {"path": path, "age": age, "sure": sure, "said": [path] + [word for word in words if word in FIND_SAID or FIND_AGE.match(word) or re.match(br"(?:\+?[0-9]{1,6}|[fd])\Z", word)]}


def tmpwatch_removes(words, directory):
    """tmpwatch AGE DIR…, tmpreaper AGE DIR…; a bare number counts hours."""
    plain = []
    protected = False
    takes_value = False
    for word in words:
        if takes_value:
            protected = protected or covers(word, directory)
            takes_value = False
        elif word.startswith(b"-"):
            takes_value = word in (b"-x", b"-X", b"-U", b"--exclude", b"--exclude-pattern", b"--protect")
        else:
            plain.append(word)
    age = next((word for word in plain if AGE_PART.match(word) and age_seconds(word) is not None), None)
    path = next((word for word in plain if word.startswith(b"/") and covers(word, directory)), None)
    if path is None or protected:
        return None
    seconds_ = None if age is None else age_seconds(age + b"h" if age.isdigit() else age)
    return {"path": path, "age": seconds_, "sure": age is not None, "said": [word for word in (age, path) if word is not None]}


def rm_removes(words, directory):
    path = next((word for word in words if word.startswith(b"/") and (covers(word, directory) or covers(word, directory + b"/" + JOB_SAMPLE, False))), None)
    return None if path is None or path == b"/" else {"path": path, "age": 0, "sure": True, "said": [path]}


def cleaned_by_tmpreaper(request, directories):
    """Debian's: a daily script that reads /etc/tmpreaper.conf, and does nothing while SHOWWARNING is true."""
    name = b"/etc/tmpreaper.conf"
    data = read_config(rooted(request, name))
    if data is None or read_config(rooted(request, b"/etc/cron.daily/tmpreaper")) is None:
        return
    settings = dict((match.group(1), words_of(match.group(2))) for match in re.finditer(br"(?m)^[ \t]*([A-Z_]+)=(.*)$", data))
    if settings.get(b"SHOWWARNING", [b"false"])[:1] == [b"true"]:
        return
    age = (settings.get(b"TMPREAPER_TIME") or [b"7d"])[0]
    dirs = b" ".join(settings.get(b"TMPREAPER_DIRS") or [b"/tmp/."]).split()
    protected = b" ".join(settings.get(b"TMPREAPER_PROTECT_EXTRA") or []).split()
    for directory in directories:
        path = next((each for each in dirs if covers(re.sub(br"/\.\Z", b"", each), directory)), None)
        if path is not None and not any(covers(each, directory) for each in protected):
            yield dict(cleaner("tmpreaper", name, None, path), age=age_seconds(age + b"h" if age.isdigit() else age)), directory


def running_names():
    """Names of the programs that run, as the kernel has them; None where that cannot be seen."""
    if HOW != "proc":
        return None
    return set((read_proc(PROC + b"/" + name + b"/comm", 64) or b"").strip() for name in os.listdir(PROC) if name.isdigit())


def probe_cleaners(request):
    asked = request.get("dirs")
    if not isinstance(asked, list) or not asked:
        raise Fail("bad-request", "cleaners needs dirs, a list of directories.")
    directories = [absolute(each) for each in asked[:TOLD_AT_MOST] if isinstance(each, Text)]
    unread = []
    found = []
    rules = list(tmpfiles_rules(request))
    for directory in directories:
        found.extend((rule, directory) for rule in cleaned_by_tmpfiles(rules, directory))
    found.extend(cleaned_by_tmpreaper(request, directories))
    found.extend(cleaned_by_cron(request, directories, unread))
    systemd = os.path.isdir("/run/systemd/system")
    timer = None
    if systemd:
        _, output = run_program([b"systemctl", b"is-active", b"systemd-tmpfiles-clean.timer"])
        timer = {b"active": True, b"inactive": False, b"failed": False}.get((output or b"").strip())
    names = running_names()
    unknown = {}
    if systemd and timer is None:
        unknown["tmpfiles_timer"] = "systemctl gives no answer"
    if names is None:
        unknown["cron"] = "the processes of this host cannot be seen"
    if unread:
        unknown["cron_files"] = "may not be read: %s" % ", ".join(unread[:10])
    return {
        "dirs": [path_text(directory) for directory in directories],
        "cleaners": [dict(rule, dir=path_text(directory)) for rule, directory in found[:TOLD_AT_MOST]],
        "systemd": systemd, "tmpfiles_timer": timer if systemd else False, "tmpfiles_cron": tmpfiles_by_cron(request),
        "cron": None if names is None else bool(names & set([b"cron", b"crond", b"fcron", b"anacron"])),
        "unknown": unknown,
    }


# sessions: whether a logout ends what the user has left running.

SYSTEMD_DIRS = (b"/etc/systemd", b"/run/systemd", b"/usr/local/lib/systemd", b"/usr/lib/systemd")
ASSIGNMENT = re.compile(br"([A-Za-z]+)\s*=\s*(.*)\Z")


def login_user():
    """Who logged in, also where sudo has made somebody else of them; None where nothing tells."""
    uid = (read_proc(PROC + b"/self/loginuid", 32) or b"").strip()
    if uid.isdigit() and uid != b"4294967295":
        return user_name(int(uid))
    return text_or_none(environ_bytes().get(b"SUDO_USER")) or user_name(os.geteuid())


def probe_sessions(request):
    name = next((each + b"/logind.conf" for each in SYSTEMD_DIRS if read_config(rooted(request, each + b"/logind.conf")) is not None), None)
    files = ([name] if name is not None else []) + config_files(request, [each + b"/logind.conf.d" for each in SYSTEMD_DIRS], b".conf")
    said = {}
    for each in files:
        for at, line in lines_of(read_config(rooted(request, each)) or b""):
            match = ASSIGNMENT.match(line)
            if match is not None:
                said[match.group(1)] = (match.group(2).strip(), each, at)
    # The default is chosen when systemd is built; the file that comes with it names it in a comment.
    comment = re.search(br"(?m)^#KillUserProcesses=(\w+)", read_config(rooted(request, name)) or b"") if name is not None else None
    value, place, line = said.get(b"KillUserProcesses", (comment.group(1) if comment is not None else None, None, None))
    names = running_names()
    user = user_name(os.geteuid())
    linger = None if user is None else os.path.exists(rooted(request, b"/var/lib/systemd/linger/" + to_bytes(user)))
    cgroup = read_proc(PROC + b"/self/cgroup")
    unknown = {}
    if value is None:
        unknown["kill_user_processes"] = "no logind.conf names it"
    if names is None:
        unknown["logind"] = "the processes of this host cannot be seen"
    return {
        "logind": None if names is None else b"systemd-logind" in names or b"elogind-daemon" in names or b"elogind" in names,
        "kill_user_processes": None if value is None else truth(Text(shown(value))) or shown(value).lower() == "on",
        "kill_file": text_or_none(place), "kill_line": line,
        "only_users": [shown(each)[:100] for each in said.get(b"KillOnlyUsers", (b"",))[0].split()][:TOLD_AT_MOST],
        "exclude_users": [shown(each)[:100] for each in said.get(b"KillExcludeUsers", (b"root",))[0].split()][:TOLD_AT_MOST],
        "user": user, "login_user": login_user(), "linger": linger, "in_session": None if cgroup is None else re.search(br"/session-[^/\n]+\.scope", cgroup) is not None,
        "unknown": unknown,
    }


# sudo: what its configuration says about terminals.

SUDO_FLAG = re.compile(br"(!\s*)?\b(requiretty|use_pty)\b")
SUDO_INCLUDE = re.compile(br"[#@]include(dir)?\s+(.+)\Z")


def sudo_lines(request, name, unread, depth=0):
    data = read_config(rooted(request, name))
    if data is None:
        if depth == 0 or os.path.exists(rooted(request, name)) or not os.access(os.path.dirname(rooted(request, name)), os.X_OK):
            unread.append(path_text(name))
        return
    # An include begins with what else begins a comment.
    for at, line in enumerate(data.replace(b"\\\n", b" ").split(b"\n"), 1):
        line = line[:LINE_LIMIT].strip()
        include = SUDO_INCLUDE.match(line)
        if include is not None and depth < 5:
            place = include.group(2).strip().strip(b'"')
            place = place if place.startswith(b"/") else os.path.dirname(name) + b"/" + place
            inner = names_in(rooted(request, place)) if include.group(1) else [b""]
            if inner is None:
                unread.append(path_text(place))
            for each in inner or []:
                if b"." in each or each.endswith(b"~"):
                    continue
                for found in sudo_lines(request, place + (b"/" + each if each else b""), unread, depth + 1):
                    yield found
        elif line.startswith(b"Defaults"):
            yield name, at, line


def probe_sudo(request):
    unread = []
    flags = []
    for name, at, line in sudo_lines(request, b"/etc/sudoers", unread):
        scope = line[len(b"Defaults"):].split(None, 1)[0] if line[len(b"Defaults"):len(b"Defaults") + 1] in (b":", b"@", b"!", b">") else None
        for match in SUDO_FLAG.finditer(line):
            flags.append({"flag": shown(match.group(2)), "on": match.group(1) is None, "scope": None if scope is None else shown(scope)[:200], "file": path_text(name), "line": at})
    program = program_in(environ_bytes().get(b"PATH", b"") + b":/usr/bin:/usr/local/bin", b"sudo")
    why = "may not be read: %s" % ", ".join(unread[:5]) if unread and program is not None else None
    return {"program": text_or_none(program), "flags": flags[:TOLD_AT_MOST], "complete": not unread, "unknown": {} if why is None else {"flags": why}}


def probe_clock(request):
    target = None
    try:
        target = os.readlink(rooted(request, b"/etc/localtime"))
    except OSError:
        pass
    local = time.localtime()
    offset = -(time.altzone if local.tm_isdst > 0 else time.timezone)
    zone = target.partition(b"zoneinfo/")[2] if target is not None else b""
    return {"now": time.time(), "boot_id": boot_id(), "uptime": uptime(), "timezone": text_or_none(zone) if zone else None, "utc_offset": offset, "unknown": {}}


PROBES.update({
    "environment": probe_environment,
    "async-dir": probe_async_dir,
    "remote-tmp": probe_remote_tmp,
    "cleaners": probe_cleaners,
    "sessions": probe_sessions,
    "sudo": probe_sudo,
    "clock": probe_clock,
})
# find-job: where files and processes of jobs are, whoever's and wherever.

FIND_SECONDS = 3.0
FIND_DIRECTORIES = 20000
FIND_PLACES = 500
# Where people put an async dir that is in nobody's home; looked through this deep, homes too.
FIND_ROOTS = (b"/tmp", b"/var/tmp", b"/dev/shm", b"/run", b"/var/lib", b"/var/cache", b"/opt", b"/srv")
FIND_DEPTH = 3
ASYNC_DIR_NAME = b"ANSIBLE_ASYNC_DIR="


class Finding(object):
    """One search: each directory is looked into once, by whatever name it is met."""

    def __init__(self, jids):
        self.jids = jids
        self.names = [(jid, jid + suffix) for jid in jids for suffix in (b"", b".tmp", b".log")]
        self.places = []
        self.closed = []
        self.seen = set()
        self.until = time.time() + FIND_SECONDS
        self.complete = True

    def look(self, directory, certain=True):
        """Looks for the files in a directory. One that may not be looked into is noted where a job file is likely in it."""
        try:
            real = os.stat(directory)
            if (real.st_dev, real.st_ino) in self.seen or not stat.S_ISDIR(real.st_mode):
                return
            os.lstat(directory + b"/.")
        except OSError as error:
            if certain and error.errno not in (errno.ENOENT, errno.ENOTDIR):
                self.closed.append(directory)
            return
        self.seen.add((real.st_dev, real.st_ino))
        for jid, name in self.names:
            if len(self.places) < FIND_PLACES and (directory, jid) not in self.places and os.path.lexists(directory + b"/" + name):
                self.places.append((directory, jid))

    def walk(self, root, depth):
        """Looks into what is below a directory on the same file system, as long as there is time."""
        try:
            device = os.stat(root).st_dev
        except OSError:
            return
        waiting = [(root, depth)]
        while waiting:
            if len(self.seen) >= FIND_DIRECTORIES or time.time() > self.until:
                self.complete = False
                return
            directory, left = waiting.pop()
            self.look(directory, False)
            for name in (names_in(directory) or []) if left > 0 else []:
                below = directory + b"/" + name
                try:
                    found = os.lstat(below)
                except OSError:
                    continue
                if stat.S_ISDIR(found.st_mode) and found.st_dev == device:
                    waiting.append((below, left - 1))


def probe_find_job(request):
    asked = request.get("jids")
    if not isinstance(asked, list) or not isinstance(request.get("dirs"), list):
        raise Fail("bad-request", "find-job needs jids and dirs, lists of names.")
    jids = [jid for jid in (to_bytes(text) for text in asked if isinstance(text, Text)) if JOB_NAME.match(jid)]
    own = status_expands(asked_path(request, "async_dir", b"~/.ansible_async"))
    named = [absolute(text) for text in request["dirs"][:TOLD_AT_MOST] if isinstance(text, Text)]
    snapshot = Snapshot()
    of_wrappers = dirs_of_wrappers(snapshot)
    search = Finding(jids)
    homes = dirs_of_users()
    for directory in named + [own] + sorted(set(of_wrappers.values())) + homes:
        search.look(directory)
    found = set(jid for _, jid in search.places)
    if found != set(jids):
        for root in FIND_ROOTS:
            search.walk(root, FIND_DEPTH)
        for home in sorted(set(os.path.dirname(each) for each in homes if each.startswith((b"/home/", b"/root/")))):
            search.walk(home, 1)
    places = [(directory, jid, True) for directory, jid in search.places] + without_files(jids, found, snapshot, of_wrappers)
    return {
        "places": [{"dir": path_text(directory), "jid": path_text(jid), "home": home_around(directory), "sure": sure} for directory, jid, sure in places],
        "searched": len(search.seen), "complete": search.complete, "closed": [path_text(directory) for directory in search.closed[:FIND_PLACES]],
        "async_dir": path_text(own), "dirs": [async_directory(directory) for directory in distinct(named + [own])],
        "left": left_by_jobs(snapshot), "left_known": HOW == "proc" and os.geteuid() == 0,
    }


def distinct(values):
    return [value for at, value in enumerate(values) if value not in values[:at]]


def without_files(jids, found, snapshot, of_wrappers):
    """
    Jobs whose file was not found and whose wrapper lives: in the directory that it names. Where its environment may not be read that is not
    known; then it is taken for the usual one of its user, and not sure.
    """
    told = []
    for jid in jids:
        for process in snapshot.wrappers.get(jid.partition(b".")[0], []) if jid not in found else []:
            usual = (home_of(process.uid()) or b"/nonexistent") + b"/.ansible_async"
            place = (of_wrappers.get(process.pid, usual), jid, process.pid in of_wrappers)
            if process.role is not None and place not in told:
                told.append(place)
    return told[:FIND_PLACES]


def async_directory(directory):
    """What there is at the path of an async dir, without a try: nothing is written where jobs may be."""
    told = {"path": path_text(directory), "home": home_around(directory), "exists": False, "owner": None, "mode": None, "refused_to": refused_to(directory), "open": False}
    nearest = directory
    while not os.path.exists(nearest) and nearest != b"/":
        nearest = os.path.dirname(nearest)
    if nearest == directory:
        try:
            found = os.stat(directory)
            told.update({"exists": stat.S_ISDIR(found.st_mode), "owner": user_name(found.st_uid), "mode": stat.S_IMODE(found.st_mode), "open": open_to_all(directory)})
        except OSError:
            pass
    told.update(space_of(nearest))
    return told


def open_to_all(directory):
    """Whether every login of the host gets through to what is in a directory."""
    while True:
        if not os.stat(directory).st_mode & stat.S_IXOTH:
            return False
        if directory == b"/":
            return True
        directory = os.path.dirname(directory)


def refused_to(directory):
    """Who surely may not make a file in an existing directory: the user in whose home it is, or whoever looks."""
    try:
        found = os.stat(directory)
    except OSError:
        return None
    user, uid = account_around(directory)
    if os.geteuid() == 0 and user is not None and uid not in (0, found.st_uid) and not found.st_mode & 0o022:
        return shown(user)
    return None if os.access(directory, os.W_OK | os.X_OK) else user_name(os.geteuid())


def home_around(directory):
    user, _ = account_around(directory)
    return None if user is None else shown(user)


def account_around(directory):
    """Name and number of the user in whose home a directory is."""
    around = [(len(home), name, uid) for name, uid, home in local_accounts() if directory.startswith(home + b"/")]
    return max(around)[1:] if around else (None, None)


ACCOUNTS = []


def local_accounts():
    """Users with a home of their own. The password file is read as a file: a directory service may have a hundred thousand users."""
    if not ACCOUNTS:
        for line in (read_config(b"/etc/passwd", 1 << 22) or b"").split(b"\n"):
            fields = line.split(b":")
            if len(fields) < 7 or not fields[2].isdigit() or not fields[5].strip(b"/"):
                continue
            home = os.path.normpath(fields[5])
            try:
                if os.stat(home).st_uid == int(fields[2]):
                    ACCOUNTS.append((fields[0], int(fields[2]), home))
            except OSError:
                continue
    return ACCOUNTS


# Who takes in the children of a process that has ended.
ADOPTERS = frozenset([b"systemd", b"init", b"tini", b"docker-init", b"dumb-init", b"catatonit", b"conmon", b"s6-svscan"])


def left_by_jobs(snapshot):
    """Processes with an async dir in their environment, as all have that a wrapper starts, and neither a wrapper nor anybody else above them."""
    marked = {}
    for process in snapshot.by_pid.values():
        if process.wrapper is not None or process.pid in snapshot.ours or process.start is None or held(snapshot, process):
            continue
        environ = read_proc(PROC + b"/%d/environ" % process.pid, 1 << 18) or b""
        if environ.startswith(ASYNC_DIR_NAME) or b"\0" + ASYNC_DIR_NAME in environ:
            marked[process.pid] = process
    told = [process for process in marked.values() if adopted(snapshot, marked, process)]
    return [{
        "pid": process.pid, "uid": process.uid(), "start": process.start, "argv": shown(b" ".join(process.args)[:1200])[:300],
    } for process in sorted(told, key=lambda process: process.pid)[:TOLD_AT_MOST]]


def adopted(snapshot, marked, process):
    """A controller has the variable where its user has set it, and hangs on whoever has started it."""
    while process.ppid in marked:
        process = marked[process.ppid]
    parent = snapshot.by_pid.get(process.ppid)
    return process.ppid in (0, 1) or (parent is not None and parent.args[0].rsplit(b"/", 1)[-1] in ADOPTERS)


def held(snapshot, process):
    """True where a wrapper of the job still lives, or where somebody's login holds the process."""
    if any(other.wrapper is not None for other in snapshot.sessions.get(process.sid, [])) or not snapshot.detached(process):
        return True
    above = set()
    while process is not None and process.pid not in above:
        above.add(process.pid)
        if process.wrapper is not None:
            return True
        process = snapshot.by_pid.get(process.ppid)
    return False


# kernel-log: what the kernel killed for want of memory.

KERNEL_LOG_LIMIT = 16 * 1024 * 1024
KILLED = re.compile(br"[Kk]ill(?:ed)? process ([0-9]{1,10}) \((.*?)\)")
JOURNAL_LINE = re.compile(br"([0-9]{1,12}\.[0-9]+) \S+ kernel: (.*)")


def probe_kernel_log(request):
    records, why = kernel_records(rooted(request, b"/dev/kmsg"))
    if records is None:
        code, output = run_program([b"journalctl", b"-q", b"-k", b"-o", b"short-unix", b"--no-pager", b"-n", b"20000"])
        matches = [JOURNAL_LINE.match(line) for line in (output or b"").split(b"\n")]
        records = [(float(match.group(1)), match.group(2)) for match in matches if match is not None]
        why = None if code == 0 and records else why
    oom = {}
    for at, text in records:
        match = KILLED.search(text) if b"emory" in text or b"oom" in text.lower() else None
        if match is not None:
            oom[match.group(1)] = {"at": at, "pid": int(match.group(1)), "name": shown(match.group(2))[:100]}
    return {"oom": sorted(oom.values(), key=lambda kill: kill["at"])[-FIND_PLACES:], "unreadable": why, "cgroups": kills_in_cgroups(request)}


def kernel_records(path):
    """Pairs of a time since 1970 and a text, or None and why. The kernel's clock stands still while a host sleeps."""
    clock = getattr(time, "clock_gettime", None)
    up = clock(time.CLOCK_MONOTONIC) if clock is not None else uptime()
    if up is None:
        return None, "the time since the boot is not known"
    boot = time.time() - up
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        return None, "the kernel's log may not be read: %s" % reason(error)
    records = []
    size = 0
    try:
        while size < KERNEL_LOG_LIMIT:
            try:
                data = os.read(fd, 65536)
            except OSError as error:
                # The record was overwritten while it was read.
                if error.errno == errno.EPIPE:
                    continue
                if error.errno not in (errno.EAGAIN, errno.EINTR):
                    return None, "the kernel's log cannot be read: %s" % reason(error)
                break
            if not data:
                break
            size += len(data)
            for line in data.split(b"\n"):
                head, mark, text = line.partition(b";")
                fields = head.split(b",")
                if mark and len(fields) >= 3 and fields[2].isdigit():
                    records.append((boot + int(fields[2]) / 1e6, text))
    finally:
        os.close(fd)
    return records, None


# Counts of kills for want of memory. They have no time, and outlive the kernel's log; in a container they are all that can be read.

def cgroup_mounts(request):
    """Where memory is counted: mount point, the cgroup that is mounted there, and the file with the count (version 2, version 1)."""
    for line in (read_config(rooted(request, b"/proc/self/mountinfo"), 1 << 20) or b"").split(b"\n"):
        fields, _, rest = line.partition(b" - ")
        fields, rest = fields.split(b" "), rest.split(b" ")
        if len(fields) > 4 and rest[0] == b"cgroup2":
            yield fields[4], fields[3], b"memory.events"
        elif len(fields) > 4 and rest[0] == b"cgroup" and b"memory" in rest[-1].split(b","):
            yield fields[4], fields[3], b"memory.oom_control"


def cgroup_of(request, pid, name):
    """The memory cgroup of a process, as its file of this name counts for it; None where that is not known."""
    for line in (read_config(rooted(request, b"/proc/" + pid + b"/cgroup")) or b"").split(b"\n"):
        number_, _, rest = line.partition(b":")
        controllers, _, path = rest.partition(b":")
        if (number_ == b"0" and not controllers) if name == b"memory.events" else b"memory" in controllers.split(b","):
            return path
    return None


OOM_KILLS = re.compile(br"(?m)^oom_kill ([0-9]{1,18})$")
USER_SLICE = re.compile(br"user-([0-9]{1,10})\.slice\Z")


def kills_in_cgroups(request):
    """Of the cgroup that a login gets into, those of users, and those of the jobs that were asked about: where something was killed in them."""
    jids = [to_bytes(text) for text in (request.get("jids") or []) if isinstance(text, Text)][:TOLD_AT_MOST]
    wrappers = Snapshot().wrappers if jids else {}
    found = {}
    for point, root, name in cgroup_mounts(request):
        def note(path, **what):
            if path is None:
                return
            # In a container the mount shows a part of the tree only.
            below = path[len(root):] if root != b"/" and (path + b"/").startswith(root + b"/") else path
            match = OOM_KILLS.search(read_config(rooted(request, point + below.rstrip(b"/") + b"/" + name)) or b"")
            if match is not None and int(match.group(1)) > 0:
                told = found.setdefault(path, {"path": path_text(path), "kills": int(match.group(1)), "uid": None, "own": False, "jids": []})
                told.update(what)

        for user in (names_in(rooted(request, point + b"/user.slice")) or []):
            match = USER_SLICE.match(user)
            if match is not None:
                note(root.rstrip(b"/") + b"/user.slice/" + user, uid=int(match.group(1)))
        for jid in jids:
            for path in set(cgroup_of(request, b"%d" % process.pid, name) for process in wrappers.get(jid.partition(b".")[0], [])):
                note(path)
                if path in found:
                    found[path]["jids"].append(path_text(jid))
        note(cgroup_of(request, b"self", name), own=True)
    return sorted(found.values(), key=lambda each: each["path"])[:TOLD_AT_MOST]


# wrapper-log: what the wrappers of jobs have written to the system's log.

SYSLOG_FILES = ((b"/var/log/syslog.1", b"/var/log/syslog"), (b"/var/log/messages.1", b"/var/log/messages"))
SYSLOG_LIMIT = 8 * 1024 * 1024
SAID_AT_MOST = 12
MONTHS = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"]
SYSLOG_LINE = re.compile(
    br"(?:([A-Z][a-z]{2}) ([ 0-9][0-9]) |([0-9]{4})-([0-9]{2})-([0-9]{2})T)([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})? \S+ ansible-\S*async_wrapper[^:\s]*: (.*)"
)
WRAPPER_JOURNAL = re.compile(br"([0-9]{1,12}\.[0-9]+) \S+ ansible-\S*async_wrapper[^:\s]*: (.*)")
INVOKED = re.compile(br"Invoked with (\S+) ")
WATCHING = re.compile(br"Start watching ([0-9]{1,10}) ")
STILL_RUNNING = re.compile(br"[0-9]+ still running ")


def probe_wrapper_log(request):
    jids = [jid for jid in (to_bytes(text) for text in (request.get("jids") or []) if isinstance(text, Text)) if JOB_NAME.match(jid)]
    records = journal_of_wrappers() if request.get("root") is None else []
    for names in SYSLOG_FILES:
        if not records:
            records = [record for name in names for record in syslog_of_wrappers(rooted(request, name))]
    return {
        "said": [{"jid": path_text(jid), "at": at, "text": shown(text)[:400]} for jid in jids[:FIND_PLACES] for at, text in said_of(jid, records)],
        # Every job has written when it was started: a log without any such line is none of theirs.
        "unreadable": None if records else "neither the journal nor a system log with lines of job wrappers can be read",
    }


def journal_of_wrappers():
    """The newest come first, as the output is cut."""
    argv = [b"journalctl", b"-q", b"-r", b"-o", b"short-unix", b"--no-pager", b"-n", b"20000", b"-t", b"ansible-async_wrapper.py", b"-t", b"ansible-AnsiballZ_async_wrapper.py"]
    _, output = run_program(argv)
    matches = [WRAPPER_JOURNAL.match(line) for line in (output or b"").split(b"\n")]
    return [(float(match.group(1)), match.group(2)) for match in reversed(matches) if match is not None]


def syslog_of_wrappers(path):
    """The end of a log file, as syslog daemons write it, in the old form of time and in the new one."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return []
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            return []
        os.lseek(fd, max(0, found.st_size - SYSLOG_LIMIT), os.SEEK_SET)
        parts = []
        left = SYSLOG_LIMIT
        while left > 0:
            part = os.read(fd, min(left, 1 << 20))
            if not part:
                break
            parts.append(part)
            left -= len(part)
    except OSError:
        return []
    finally:
        os.close(fd)
    lines = (SYSLOG_LINE.match(line) for line in b"".join(parts).split(b"\n") if b"async_wrapper" in line)
    return [(syslog_time(match), match.group(10)) for match in lines if match is not None]


def syslog_time(match):
    """Seconds since 1970. The old form has local time and no year: the last one in which it is not to come."""
    month, day, year, month_number, day_number, hour, minute, second, zone = match.groups()[:9]
    clock = (int(hour), int(minute), int(second))
    try:
        if month is not None:
            this = time.localtime().tm_year
            month_number = MONTHS.index(month) + 1
            at = time.mktime((this, month_number, int(day)) + clock + (0, 0, -1))
            return at if at < time.time() + 86400 else time.mktime((this - 1, month_number, int(day)) + clock + (0, 0, -1))
        if zone is None:
            return time.mktime((int(year), int(month_number), int(day_number)) + clock + (0, 0, -1))
        import calendar

        ahead = 0 if zone == b"Z" else int(zone[:1] + b"1") * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
        return calendar.timegm((int(year), int(month_number), int(day_number)) + clock) - ahead
    except (ValueError, OverflowError):
        return 0


def said_of(jid, records):
    """
    Lines of one job: those that name it, and those that name its runner. The wrapper tells who that is after it was invoked; where several were
    invoked at a time, nobody knows whose runner is whose, and only lines that name the job are taken.
    """
    naming = re.compile(br"(?<![0-9a-zA-Z])" + re.escape(jid) + br"(?![0-9])")
    prefix = jid.partition(b".")[0]
    first, runner = runner_of(prefix, records)
    told = []
    for at, (when, text) in enumerate(records):
        invoked = INVOKED.match(text)
        if not (invoked is not None and invoked.group(1) == prefix or naming.search(text)):
            if invoked is not None or runner is None or at < first or runner.search(text) is None:
                continue
            if at > first and WATCHING.match(text):
                # The pid is another job's from here on.
                runner = None
                continue
        if told and STILL_RUNNING.match(text) and STILL_RUNNING.match(told[-1][1]):
            told.pop()
        told.append((when, text))
    return told[-SAID_AT_MOST:]


def runner_of(prefix, records):
    """Where the runner of a job is named first, and what finds its pid; (0, None) where that is not certain."""
    starts = [at for at, (_, text) in enumerate(records) if INVOKED.match(text)]
    ends = starts[1:] + [len(records)]
    watched = [[at for at in range(start, end) if WATCHING.match(records[at][1])] for start, end in zip(starts, ends)]
    for number_ in reversed(range(len(starts))):
        if INVOKED.match(records[starts[number_]][1]).group(1) != prefix:
            continue
        if len(watched[number_]) != 1 or (number_ > 0 and len(watched[number_ - 1]) != 1):
            break
        at = watched[number_][0]
        return at, re.compile(br"(?<![0-9])" + WATCHING.match(records[at][1]).group(1) + br"(?![0-9])")
    return 0, None


PROBES.update({"find-job": probe_find_job, "kernel-log": probe_kernel_log, "wrapper-log": probe_wrapper_log})
