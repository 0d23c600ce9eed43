/** Why namespaces cannot be made here, in sentences that say what to do. */
import { userNamespaceObstacle } from './user-namespace.ts';

export interface NamespaceTrouble {
  /** What unshare(1) or mount(8) said, its last line. */
  readonly said: string;
  /** What would help; absent where that is unknown. */
  readonly help?: string;
}

/** Both in one sentence. `text` is what unshare(1) or mount(8) said. */
export function whyNoNamespace(...trouble: Parameters<typeof namespaceTrouble>): string {
  const { said, help } = namespaceTrouble(...trouble);
  const why = said || 'no reason was given';
  return help === undefined
    ? `${why} (powercut doctor tells what this computer has and lacks)`
    : `${why}: ${help}`;
}

/** `uid` is who was refused, `obstacle` what the kernel has against user namespaces. */
export function namespaceTrouble(
  text: string,
  uid: number = process.getuid?.() ?? -1,
  obstacle: () => string | undefined = userNamespaceObstacle,
): NamespaceTrouble {
  const lastLine = text.trim().split('\n').at(-1) ?? '';
  const said = lastLine.replace(/^unshare: /, '');
  const help = uid === 0 ? helpForRoot(said) : helpForUser(said, obstacle);
  return help === undefined ? { said } : { said, help };
}

const isForbidden = (said: string): boolean => /not permitted|permission denied/i.test(said);
const isFull = (said: string): boolean => /no space left/i.test(said);

function helpForRoot(said: string): string | undefined {
  if (isForbidden(said)) {
    return 'this container forbids it; start it with --cap-add SYS_ADMIN --device /dev/fuse --security-opt apparmor=unconfined --security-opt seccomp=unconfined (Docker), or with --privileged';
  }
  if (isFull(said)) {
    return "this computer's limit of namespaces is reached; raise it with sysctl user.max_mnt_namespaces=1000 user.max_pid_namespaces=1000 user.max_ipc_namespaces=1000";
  }
  return helpForAnybody(said);
}

function helpForUser(said: string, obstacle: () => string | undefined): string | undefined {
  if (!isForbidden(said) && !isFull(said)) return helpForAnybody(said);
  const orRoot = 'or run powercut as root (sudo)';
  const known = obstacle();
  if (known !== undefined) return `${known}, ${orRoot}`;
  if (isFull(said)) {
    return `this computer's limit of namespaces is reached; as root, raise it with \`sysctl -w user.max_user_namespaces=10000\`, ${orRoot}`;
  }
  if (said.includes('mount /proc')) {
    return `this container hides parts of /proc; start it with --security-opt systempaths=unconfined (Docker) or --security-opt unmask=ALL (Podman), ${orRoot}`;
  }
  return `users may not make user namespaces here; in a container, start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined, ${orRoot}`;
}

function helpForAnybody(said: string): string | undefined {
  if (/invalid argument/i.test(said)) {
    return "this kernel lacks pid, mount or IPC namespaces (CONFIG_PID_NS, CONFIG_IPC_NS); use a distribution's kernel";
  }
  if (/unrecognized option|invalid option/i.test(said)) {
    return 'powercut needs util-linux 2.38 or newer; install the package util-linux';
  }
  return undefined;
}
