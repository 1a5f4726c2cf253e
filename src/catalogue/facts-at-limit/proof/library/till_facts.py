#!/usr/bin/python
"""Facts that are there at once."""
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec={}, supports_check_mode=True)
module.exit_json(changed=False, ansible_facts={"tills": 4})
