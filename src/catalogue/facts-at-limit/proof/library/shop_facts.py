#!/usr/bin/python
"""Facts that take their time: `seconds` in the environment of the task."""
import os
import time

from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec={}, supports_check_mode=True)
time.sleep(float(os.environ.get("SHOP_SECONDS", "0")))
module.exit_json(changed=False, ansible_facts={"shop": "open"})
