/** Probes of the programs that powercut builds its boxes with. They are on every Debian; slim containers lack some. */
import { capture } from './capture.ts';
import { probe } from './probe.ts';
import type { Probe } from './probe.ts';

const tools = [
  { name: 'unshare', package: 'util-linux' },
  { name: 'nsenter', package: 'util-linux' },
  { name: 'setpriv', package: 'util-linux' },
  { name: 'mount', package: 'mount' },
  { name: 'umount', package: 'mount' },
] as const;

export function probeTools(): Probe[] {
  return tools.map((tool) => {
    const { ok, output, error } = capture(tool.name, ['--version']);
    const version = /util-linux (\S+)/.exec(output)?.[1]?.replace(/[:;,]$/, '');
    if (ok && version !== undefined) return probe(tool.name, true, { ok, found: `util-linux ${version}` });
    return probe(tool.name, true, {
      ok: false,
      found: error === 'ENOENT' ? `no \`${tool.name}\` on PATH` : `\`${tool.name}\` is not util-linux's`,
      help: `apt-get install ${tool.package}`,
    });
  });
}
