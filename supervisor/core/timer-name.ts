// The names of the timers: one of a service at a time, several of the fleet while it is being stopped.

export type TimerName = 'startup-timeout' | 'kill' | 'backoff' | 'backoff-reset' | 'schedule';
export type FleetTimerName = 'order' | 'kill' | 'end' | 'sweep-kill';
