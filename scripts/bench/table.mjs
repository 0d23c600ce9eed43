// Medians as a table for people: figures, then ours as ratios to each other system.

export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function table(results, systems) {
  const own = systems.filter((name) => name.startsWith('powercut'));
  const others = systems.filter((name) => !name.startsWith('powercut'));
  const pairs = own.flatMap((ours) => others.map((theirs) => [ours, theirs]));
  const head = [
    'workload',
    ...systems,
    ...pairs.map(([ours, theirs]) => `${ours.replace('powercut, ', '')} / ${theirs}`),
  ];
  const rows = results.map(({ workload, unit, figures }) => [
    `${workload} (${unit})`,
    ...systems.map((name) => figure(figures[name])),
    ...pairs.map(([ours, theirs]) => ratio(figures[ours] / figures[theirs])),
  ]);
  const means = pairs.map(([ours, theirs]) =>
    ratio(geometricMean(results.map(({ figures }) => figures[ours] / figures[theirs]))),
  );
  rows.push(['geometric mean', ...systems.map(() => ''), ...means]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function geometricMean(ratios) {
  const known = ratios.filter((value) => Number.isFinite(value) && value > 0);
  return Math.exp(known.reduce((sum, value) => sum + Math.log(value), 0) / known.length);
}

function figure(value) {
  return value === null || !Number.isFinite(value) ? '–' : Math.round(value).toLocaleString('en-US');
}

function ratio(value) {
  return Number.isFinite(value) ? `${value.toPrecision(2)} ×` : '–';
}
