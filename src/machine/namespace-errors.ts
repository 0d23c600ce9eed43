/** Why namespaces cannot be made here, in sentences that say what to do. */

/** `text` is what unshare(1) or mount(8) said; `uid` who ran it. */
export function whyNoNamespace(text: string, uid: number = process.getuid?.() ?? -1): string {
  const said =
    text
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^unshare: /, '') ?? '';
  if (/not permitted|permission denied/i.test(said)) {
    if (uid !== 0) return `${said}: run powercut as root (sudo)`;
    return `${said}: this container forbids it; start it with --cap-add SYS_ADMIN --device /dev/fuse --security-opt apparmor=unconfined --security-opt seccomp=unconfined (Docker), or with --privileged`;
  }
  if (/no space left/i.test(said)) {
    return `${said}: this computer's limit of namespaces is reached; raise it with sysctl user.max_mnt_namespaces=1000 user.max_pid_namespaces=1000 user.max_ipc_namespaces=1000`;
  }
  if (/invalid argument/i.test(said)) {
    return `${said}: this kernel lacks pid, mount or IPC namespaces (CONFIG_PID_NS, CONFIG_IPC_NS); use a distribution's kernel`;
  }
  if (/unrecognized option|invalid option/i.test(said)) {
    return `${said}: powercut needs util-linux 2.33 or newer; install the package util-linux`;
  }
  return `${said || 'no reason was given'} (powercut doctor tells what this computer has and lacks)`;
}
