/** What the agent costs, and whether it delivers. */
import type { Section } from './panel.ts';
import { byTags, graphite, ofWorkers, prometheus, rate, series, tagged } from './queries.ts';

const TROUBLES = ['errors', 'timeouts', 'skipped', 'refused', 'overflowed'] as const;
const OUTCOMES = ['sent', 'failed', 'dropped'] as const;

export const agent: Section = {
  title: 'The agent',
  isFolded: true,
  panels: [
    {
      kind: 'lines',
      title: 'Points that were pushed',
      help: '`failed` ones are tried again. `dropped` ones are lost: the backend refused them, or was away for too long. Stderr of the app says why. Nothing here: no adapter pushes.',
      unit: 'ops',
      width: 8,
      prometheus: OUTCOMES.map((outcome) =>
        prometheus(`sum by (adapter) (${rate(series(`loadline_export_${outcome}_total`))})`, `{{adapter}} ${outcome}`),
      ),
      graphite: OUTCOMES.map((outcome) => byTags(tagged(`loadline.export.${outcome}.rate`), 'sum', 'adapter', 'name')),
    },
    {
      kind: 'lines',
      title: 'Points that wait',
      help: 'For a backend that does not answer. Grows while it is away.',
      unit: 'short',
      width: 8,
      prometheus: [prometheus(`sum by (adapter) (${series('loadline_export_spooled')})`, '{{adapter}}')],
      graphite: [byTags(tagged('loadline.export.spooled'), 'sum', 'adapter')],
    },
    {
      kind: 'lines',
      title: 'Trouble with samplers',
      help: 'Per second. Stderr names the sampler and what it did.',
      unit: 'ops',
      width: 8,
      prometheus: TROUBLES.map((trouble) =>
        prometheus(`sum(${rate(series(`loadline_sampler_${trouble}_total`))})`, trouble),
      ),
      graphite: TROUBLES.map((trouble) =>
        graphite(`sumSeries(${tagged(`loadline.sampler.${trouble}.rate`)})`, trouble),
      ),
    },
    {
      kind: 'lines',
      title: 'Series',
      help: 'In all maps, and how often one had no room (it is in the overflow series then): an attribute has too many values, for example an id.',
      unit: 'short',
      width: 12,
      prometheus: [
        prometheus(`sum(${series('loadline_series_used')})`, 'in use'),
        prometheus(`sum(${rate(series('loadline_series_overflowed_total'))})`, 'without room, per second'),
        prometheus(`max(${ofWorkers('loadline_series_limit')})`, 'limit of one metric'),
      ],
      graphite: [
        graphite(`sumSeries(${tagged('loadline.series.used')})`, 'in use'),
        graphite(`sumSeries(${tagged('loadline.series.overflowed.rate')})`, 'without room, per second'),
      ],
    },
    {
      kind: 'lines',
      title: 'What the agent costs',
      help: 'Seconds of CPU per second: of its own thread, by probe, and of the app’s thread for telling stacks in stalls.',
      unit: 's',
      width: 12,
      prometheus: [
        prometheus(
          `sum(${rate(series('loadline_thread_cpu_time_seconds_total', 'thread="reporter"'))})`,
          'the reporter thread',
        ),
        prometheus(`sum by (probe) (${rate(series('loadline_probe_time_seconds_total'))})`, 'probe {{probe}}'),
        prometheus(
          `sum(${rate(series('loadline_watchdog_pause_time_seconds_total'))})`,
          'the app’s thread, for stacks',
        ),
      ],
      graphite: [
        graphite(`sumSeries(${tagged('loadline.thread.cpu.time.rate', 'thread=reporter')})`, 'the reporter thread'),
        graphite(`sumSeries(${tagged('loadline.watchdog.pause.time.rate')})`, 'the app’s thread, for stacks'),
      ],
    },
  ],
};
