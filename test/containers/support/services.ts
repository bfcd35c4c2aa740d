// Services that several tests run.

/** Ends when it is asked to, and says so. */
export const OBEDIENT = `command: [bash, -c, 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done']\n`;

/** SIGTERM does nothing to it, and its own patience is longer than the container's. */
export const DEAF = `command: [bash, -c, 'trap "" TERM; echo up; while :; do sleep 0.05; done']
stop: { timeout: 60s }
`;

export const IDLE = 'command: [sleep, infinity]\n';
