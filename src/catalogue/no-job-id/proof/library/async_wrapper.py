#!/usr/bin/python3
# A wrapper of the site's own, which starts the job and forgets to give it a name.
import json
import subprocess
import sys

module = next(word for word in sys.argv if "AnsiballZ_" in word)
quiet = subprocess.DEVNULL
subprocess.Popen([sys.executable, module], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
print(json.dumps({"changed": True, "started": 1}))
