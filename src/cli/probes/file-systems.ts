/** Probes of the real file systems that a target can be put on. None of them is needed without `--filesystem`. */
import { whyNoFileSystem } from '../../device/availability.ts';
import { realFileSystems } from '../../device/real-file-system.ts';
import { probe } from './probe.ts';
import type { Probe } from './probe.ts';

export function probeFileSystems(): Probe[] {
  return realFileSystems.map((fileSystem) => {
    const why = whyNoFileSystem(fileSystem);
    const name = `a real ${fileSystem.name}`;
    if (why === undefined)
      return probe(name, false, {
        ok: true,
        found: `can be made, mounted and checked (--filesystem ${fileSystem.name})`,
      });
    const [, found = why, help = 'see docs/real-file-systems.md'] = /^(.*) \((.*)\)$/.exec(why) ?? [];
    return probe(name, false, { ok: false, found, help });
  });
}
