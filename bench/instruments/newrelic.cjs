const { load } = require('../apps/frameworks.cjs');

exports.flush = () =>
  new Promise((resolve, reject) => {
    const { agent } = load('newrelic');
    agent.forceHarvestAll((error) => (error ? reject(error) : resolve()));
  });
/** Whether the agent has been told by its collector that it may measure. */
exports.ready = () => load('newrelic').agent?.canCollectData?.() ?? false;
