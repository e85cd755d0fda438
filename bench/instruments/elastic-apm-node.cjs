const { load } = require('../apps/frameworks.cjs');

exports.flush = () => load('elastic-apm-node').flush();
