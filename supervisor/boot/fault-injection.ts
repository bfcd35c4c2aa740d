// Faults on demand, for tests and for whoever wants to see promise P8 for himself: with BOSUN_FAULT_INJECTION=plane in its
// environment Bosun makes the control plane's thread throw at every SIGUSR2. Without it this file does nothing.

export function installFaultInjection(environment: NodeJS.ProcessEnv, breakPlane: () => void): void {
  if (environment['BOSUN_FAULT_INJECTION'] === 'plane') process.on('SIGUSR2', breakPlane);
}
