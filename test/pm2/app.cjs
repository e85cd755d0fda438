/** Answers with its process id. A port of its own where it is a fork, the shared one in a cluster. */
const { createServer } = require('node:http');

const { PORT, MODE, NODE_APP_INSTANCE } = process.env;
const port = Number(PORT) + (MODE === 'fork' ? Number(NODE_APP_INSTANCE) : 0);
createServer((_request, response) => response.end(String(process.pid))).listen(port, '127.0.0.1', () => {
  process.send?.('ready');
});
