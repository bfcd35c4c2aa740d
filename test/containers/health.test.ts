// The HEALTHCHECK of the image follows the services.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BosunContainer } from './support/bosun-container.ts';
import { withEngine } from './support/docker.ts';

const SERVICE = `command: [sh, -c, 'touch /run/fine; exec sleep infinity']
readiness: { file: /run/fine, period: 100ms, failure_threshold: 1 }
`;
const OFTEN = ['--health-interval', '300ms', '--health-retries', '1', '--health-start-period', '0s'];

describe('the HEALTHCHECK', withEngine, () => {
  it('turns healthy, unhealthy when a service is not ready, and healthy again', async () => {
    await using container = await BosunContainer.start({ services: { web: SERVICE }, docker: OFTEN });
    await container.becomes('healthy');
    await container.shell('rm /run/fine');
    await container.becomes('unhealthy');
    const outputs = await container.inspect('{{range .State.Health.Log}}{{.Output}}{{end}}');
    assert.match(outputs, /web/, 'it names the service');
    await container.shell('touch /run/fine');
    await container.becomes('healthy');
    assert.equal(await container.inspect('{{.State.Running}}'), 'true');
  });
});
