// The variables that say how Ansible reaches a host: names as in the documentation of its connection and become plug-ins
// (ansible-core 2.14 to 2.21, community.docker, containers.podman, kubernetes.core). Of several names for one thing the last that is set counts.

export const VARIABLES = {
  connection: ["ansible_connection"],
  host: ["ansible_host", "ansible_ssh_host"],
  port: ["ansible_port", "ansible_ssh_port"],
  user: ["ansible_user", "ansible_ssh_user"],
  password: ["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"],
  privateKeyFile: ["ansible_private_key_file", "ansible_ssh_private_key_file"],
  privateKey: ["ansible_private_key", "ansible_ssh_private_key"],
  sshExecutable: ["ansible_ssh_executable"],
  sshArgs: ["ansible_ssh_args"],
  sshCommonArgs: ["ansible_ssh_common_args"],
  sshExtraArgs: ["ansible_ssh_extra_args"],
  hostKeyChecking: ["ansible_host_key_checking", "ansible_ssh_host_key_checking"],
  timeoutSeconds: ["ansible_ssh_timeout"],
  controlPath: ["ansible_control_path"],
  controlPathDirectory: ["ansible_control_path_dir"],
  pkcs11Provider: ["ansible_ssh_pkcs11_provider"],
  shellType: ["ansible_shell_type"],
  python: ["ansible_python_interpreter"],
  become: ["ansible_become"],
  becomeMethod: ["ansible_become_method"],
  becomeUser: ["ansible_become_user"],
  becomeExe: ["ansible_become_exe"],
  becomeFlags: ["ansible_become_flags"],
  becomePassword: ["ansible_become_password", "ansible_become_pass"],
  dockerHost: ["ansible_docker_host"],
  dockerUser: ["ansible_docker_user"],
  dockerExtraArgs: ["ansible_docker_extra_args"],
  dockerWorkingDirectory: ["ansible_docker_working_dir"],
  podmanHost: ["ansible_podman_host"],
  podmanExtraArgs: ["ansible_podman_extra_args"],
  podmanExecutable: ["ansible_podman_executable"],
  pod: ["ansible_kubectl_pod"],
  podContainer: ["ansible_kubectl_container"],
  podNamespace: ["ansible_kubectl_namespace"],
  kubeconfig: ["ansible_kubectl_kubeconfig", "ansible_kubectl_config"],
  kubeContext: ["ansible_kubectl_context"],
  kubeServer: ["ansible_kubectl_host", "ansible_kubectl_server"],
  kubeExtraArgs: ["ansible_kubectl_extra_args"],
  asyncDir: ["ansible_async_dir"],
  remoteTmp: ["ansible_remote_tmp"],
  kubeSecret: ["ansible_kubectl_token", "ansible_kubectl_api_key", "ansible_kubectl_password"],
} as const;

/** Become plug-ins have their own names for the same: `ansible_sudo_user`. */
export const BECOME_METHODS = ["sudo", "su", "doas"] as const;
const OF_BECOME = ["user", "exe", "flags", "pass"] as const;

export const CONNECTION_VARIABLES: readonly string[] = [...Object.values(VARIABLES).flat(), ...BECOME_METHODS.flatMap((method) => OF_BECOME.map((what) => `ansible_${method}_${what}`))];
