/** Which route is it? */
import { DURATION } from './overview.ts';
import type { Section } from './panel.ts';
import { byTags, ofRoutes, perSecond, prometheus, quantile, rate, taggedRoutes } from './queries.ts';

const ROUTE = '(http_request_method, http_route)';
const COUNT = ofRoutes(`${DURATION}_count`);
const BUCKET = ofRoutes(`${DURATION}_bucket`);
const LEGEND = '{{http_request_method}} {{http_route}}';
const DURATION_G = 'http.server.request.duration';
const TAGS = ['http.request.method', 'http.route'] as const;

export const routes: Section = {
  title: 'Routes',
  isFolded: true,
  panels: [
    {
      kind: 'table',
      title: 'Routes',
      help: 'Busy is the mean number of requests in flight, so the route that occupies the app most is on top. Many requests with a small duration, or few with a large one: both are where to begin. A row without a route: no pattern matched, or setRoute() was not called.',
      unit: 'short',
      width: 24,
      labels: { http_request_method: 'Method', http_route: 'Route' },
      units: {
        Requests: 'reqps',
        Share: 'percentunit',
        Busy: 'short',
        p50: 's',
        p90: 's',
        p99: 's',
        Failed: 'reqps',
        Aborted: 'reqps',
      },
      prometheus: [
        prometheus(`sum by ${ROUTE} (${rate(ofRoutes(`${DURATION}_sum`))})`, 'Busy'),
        prometheus(`sum by ${ROUTE} (${rate(COUNT)})`, 'Requests'),
        prometheus(
          `sum by ${ROUTE} (${rate(COUNT)}) / ignoring (http_request_method, http_route) group_left sum(${rate(COUNT)})`,
          'Share',
        ),
        prometheus(quantile(0.5, BUCKET, 'http_request_method', 'http_route'), 'p50'),
        prometheus(quantile(0.9, BUCKET, 'http_request_method', 'http_route'), 'p90'),
        prometheus(quantile(0.99, BUCKET, 'http_request_method', 'http_route'), 'p99'),
        prometheus(
          `sum by ${ROUTE} (${rate(ofRoutes(`${DURATION}_count`, 'http_response_status_code=~"5.."'))})`,
          'Failed',
        ),
        prometheus(`sum by ${ROUTE} (${rate(ofRoutes(`${DURATION}_count`, 'error_type="aborted"'))})`, 'Aborted'),
      ],
    },
    {
      kind: 'lines',
      title: 'Requests by route',
      help: 'The ten busiest, per second.',
      unit: 'reqps',
      width: 12,
      isStacked: true,
      prometheus: [prometheus(`topk(10, sum by ${ROUTE} (${rate(COUNT)}))`, LEGEND)],
      graphite: [byTags(perSecond(taggedRoutes(`${DURATION_G}.count`)), 'sum', ...TAGS)],
    },
    {
      kind: 'lines',
      title: 'Duration p99 by route',
      help: 'The ten slowest. Choose one above to see it alone.',
      unit: 's',
      width: 12,
      prometheus: [prometheus(`topk(10, ${quantile(0.99, BUCKET, 'http_request_method', 'http_route')})`, LEGEND)],
      graphite: [byTags(taggedRoutes(`${DURATION_G}.p99`), 'max', ...TAGS)],
    },
    {
      kind: 'lines',
      title: 'Busy by route',
      help: 'Mean number of requests in flight, which add up to what occupies the app. A route that grows here without more requests got slower.',
      unit: 'short',
      width: 12,
      isStacked: true,
      prometheus: [prometheus(`topk(10, sum by ${ROUTE} (${rate(ofRoutes(`${DURATION}_sum`))}))`, LEGEND)],
    },
    {
      kind: 'lines',
      title: 'Failed by route',
      help: 'Status 500 and up, per second. The app’s own log says why.',
      unit: 'reqps',
      width: 12,
      limits: [0.01, 1],
      prometheus: [
        prometheus(
          `sum by (http_request_method, http_route, http_response_status_code) (${rate(ofRoutes(`${DURATION}_count`, 'http_response_status_code=~"5.."'))})`,
          `${LEGEND} {{http_response_status_code}}`,
        ),
      ],
      graphite: [
        byTags(
          perSecond(taggedRoutes(`${DURATION_G}.count`, 'http.response.status_code=~^5')),
          'sum',
          'http.response.status_code',
          ...TAGS,
        ),
      ],
    },
    {
      kind: 'lines',
      title: 'Aborted by route',
      help: 'Clients that left before the answer was out. Many on one route: it is slower than its clients’ patience, or its answers are too large for them.',
      unit: 'reqps',
      width: 12,
      prometheus: [
        prometheus(`sum by (http_route) (${rate(ofRoutes('loadline_http_aborted_total'))})`, '{{http_route}}'),
      ],
      graphite: [byTags(taggedRoutes('loadline.http.aborted.rate'), 'sum', 'host', 'http.route')],
    },
    {
      kind: 'lines',
      title: 'Phases of the slowest routes',
      help: 'Mean of each phase, the ten longest. `receive`: the client uploads slowly. `handle`: the app and what it waits for. `send`: the client downloads slowly.',
      unit: 's',
      width: 12,
      prometheus: [
        prometheus(
          `topk(10, sum by (http_route, phase) (${rate(ofRoutes('loadline_http_phase_duration_seconds_sum'))}) / sum by (http_route, phase) (${rate(ofRoutes('loadline_http_phase_duration_seconds_count'))}))`,
          '{{http_route}} {{phase}}',
        ),
      ],
      graphite: [byTags(taggedRoutes('loadline.http.phase.duration.mean'), 'max', 'phase', 'http.route')],
    },
  ],
};
