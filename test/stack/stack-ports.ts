// The ports of one run of the stack: free ones, under the names of the variables that services.d/ reads.
import { freePorts } from './free-ports.ts';

const PORT_NAMES = [
  'BOSUN_PROXY_PORT',
  'SUT_PORT',
  'CONSUL_HTTP_PORT',
  'CONSUL_SERVER_PORT',
  'CONSUL_SERF_PORT',
  'NOMAD_HTTP_PORT',
  'NOMAD_RPC_PORT',
  'NOMAD_SERF_PORT',
  'CADDY_ADMIN_PORT',
] as const;

type PortName = (typeof PORT_NAMES)[number];
export type StackPorts = Readonly<Record<PortName, number>>;

export async function choosePorts(): Promise<StackPorts> {
  const free = await freePorts(PORT_NAMES.length);
  return Object.fromEntries(PORT_NAMES.map((name, index) => [name, free[index]])) as StackPorts;
}

/** As environment variables. */
export function portVariables(ports: StackPorts): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]));
}
