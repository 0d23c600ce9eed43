/** Probes of the systems under test: each target of the catalogue looks for its own program. */
import { targets } from '../../targets/catalogue.ts';
import { testDefaults } from '../../run/options.ts';
import { probe } from './probe.ts';
import type { Probe } from './probe.ts';

export async function probeTargets(): Promise<Probe[]> {
  return Promise.all(
    [...targets.values()].map(async (target) => {
      const required = target.name === testDefaults.target;
      const detected = await target.detect();
      if (detected.found) {
        return probe(target.name, required, {
          ok: true,
          found: `${detected.version} (${detected.path})`,
        });
      }
      return probe(target.name, required, {
        ok: false,
        found: 'not found',
        help: detected.sentence,
      });
    }),
  );
}
