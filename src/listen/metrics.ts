/** The counters over HTTP, in the format of Prometheus. */
import { createServer } from 'node:http';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Log } from '../log';
import type { Counters } from './counters';
import { showPlace } from './doors';

/** Upper bounds of the times to a call's first command, in seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Who asks comes by a connection or two; each takes a descriptor that a call could have had. */
const CONNECTIONS_MOST = 16;
/** How long a question may take to be said. */
const ASKING_MS = 5000;

export async function serveMetrics(
  place: { readonly host: string; readonly port: number },
  counters: Counters,
  now: () => { active: number; waiting: number; processes: number },
  log: Log,
): Promise<{ close(): void }> {
  const registry = new Registry();
  const registers = [registry];
  const count = (name: string, help: string, value: () => number) => {
    // a connection is a call until it turns out to be none: to Prometheus a counter that falls has begun anew
    let most = 0;
    return new Counter({
      name: `fastagi_${name}`,
      help,
      registers,
      collect() {
        most = Math.max(most, value());
        this.reset();
        this.inc(most);
      },
    });
  };
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `fastagi_${name}`,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  count('calls_total', 'Calls let in', () => counters.calls);
  count('failed_total', 'Calls whose script failed or was refused', () => counters.failed);
  count('probes_total', 'Connections that brought no request', () => counters.probes);
  count('process_starts_total', 'Processes started', () => counters.boots);
  count('process_crashes_total', 'Processes that ended with calls in them', () => counters.crashes);
  new Counter({
    name: 'fastagi_refused_total',
    help: 'Connections sent away',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, number] of counters.refused) this.inc({ reason }, number);
    },
  });
  gauge('active_calls', 'Calls that a process has', () => now().active);
  gauge('waiting_calls', 'Calls that wait for a process', () => now().waiting);
  gauge('processes', 'Processes that serve calls', () => now().processes);
  const firstCommand = new Histogram({
    name: 'fastagi_first_command_seconds',
    help: "From a call's connection to its script's first command",
    buckets: BUCKETS,
    registers,
  });
  counters.onFirstCommand = (ms) => firstCommand.observe(ms / 1000);

  const limits = { requestTimeout: ASKING_MS, headersTimeout: ASKING_MS, connectionsCheckingInterval: 1000 };
  const server = createServer(limits, (request, response) => {
    if (request.url?.split('?', 1)[0] !== '/metrics' || request.method !== 'GET') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('the counters are at /metrics\n');
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: Error) => {
        log.write('error', `the counters cannot be shown: ${error.message}`);
        response.writeHead(500).end();
      },
    );
  });
  server.maxConnections = CONNECTIONS_MOST;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(place, () => resolve());
  });
  const address = server.address();
  if (typeof address === 'object' && address) {
    log.write('info', `counters for Prometheus on http://${showPlace(place.host, address.port)}/metrics`);
  }
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
