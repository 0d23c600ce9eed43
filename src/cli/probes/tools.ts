/** Probes of the programs that powercut builds its boxes with. They are on every Debian; slim containers lack some. */
import { machineTools, missingTools } from '../../machine/tools.ts';
import { capture } from './capture.ts';
import { probe } from './probe.ts';
import type { Probe } from './probe.ts';

/** nsenter knows `--wdns` since then. */
const minimumUtilLinux = [2, 38] as const;

export function probeTools(): Probe[] {
  const missing = missingTools();
  if (missing.length === 0) return [probeUtilLinux()];
  return missing.map((tool) =>
    probe(tool.program, true, {
      ok: false,
      found: `no \`${tool.program}\` on PATH`,
      help: `apt-get install ${tool.package}`,
    }),
  );
}

function probeUtilLinux(): Probe {
  const { output } = capture('nsenter', ['--version']);
  const version = /util-linux (\d+(?:\.\d+)*)/.exec(output)?.[1];
  if (version !== undefined && isRecent(version)) {
    const programs = machineTools.map(({ program }) => program).join(', ');
    return probe('util-linux', true, { ok: true, found: `${version} (${programs})` });
  }
  return probe('util-linux', true, {
    ok: false,
    found: version === undefined ? `\`nsenter\` is not util-linux's` : `util-linux ${version} is too old`,
    help: `install util-linux ${minimumUtilLinux.join('.')} or newer, as in Debian 12`,
  });
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > minimumUtilLinux[0] || (major === minimumUtilLinux[0] && minor >= minimumUtilLinux[1]);
}
