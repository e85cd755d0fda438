/** The text of `loadline --help`. */
export const HELP = `Usage: loadline [node options] app.js [arguments]
       loadline top [address] [--interval seconds] [-n times | --once] [--json]
       loadline path | check [adapter module ...] | --help | --version

Runs a Node.js app with the loadline agent: as "node --require <agent> [node options] app.js [arguments]", with the
app's input, output, signals and exit code untouched. Metrics are then on http://127.0.0.1:9464/metrics.

  loadline app.js --port 80       run app.js; everything after it belongs to it
  loadline --inspect app.js       options before the app go to node
  loadline top                    watch an app that runs, as top does: workers, routes, findings, requests in flight;
                                    keys: ?. "loadline top host:9464" for another one; LOADLINE_TOKEN is its token.
                                    Plain lines when the output is no terminal; -n 1 or --once prints once
  loadline path                   print the agent's absolute path, for
                                    node --require "$(loadline path)" app.js
                                    NODE_OPTIONS="--require $(loadline path)" npm start
  loadline check                  print the configuration, what this machine supports, and whether destinations
                                    can be reached; exit code 1 when something keeps the agent from working as
                                    told. "loadline check my-adapter" also tries to load that module
  loadline --help, --version      (an app that is called "path", "check" or "top": loadline ./top)

Settings are environment variables, among them OTEL_SERVICE_NAME, OTEL_EXPORTER_PROMETHEUS_HOST and
OTEL_EXPORTER_PROMETHEUS_PORT.
`;
