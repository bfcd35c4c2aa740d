// Who may control Bosun, and where it listens, as data: made from bosun.yaml by config/, enforced by plane/api/.

/** Each may what the one before may. `observe`: read and stream. `control`: services and jobs. `admin`: everything. */
export const ROLES = ['observe', 'control', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Whether whoever has `role` may do what `needed` is the least role for. */
export function covers(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** On the control socket, by SO_PEERCRED of unix(7). Root and Bosun's own user are admin without a rule. */
export type SocketRule =
  | { readonly kind: 'uid'; readonly uid: number; readonly role: Role }
  /** The peer's primary group when it connected, or one of its supplementary groups. */
  | { readonly kind: 'gid'; readonly gid: number; readonly role: Role };

/** Paths of PEM files. They are read again when they change. */
export type ServerCertificate = { readonly certificate: string; readonly key: string };

/** How those who connect to a listener say who they are. */
export type ListenerAuthentication =
  /** Mutual TLS: OU of the client's certificate is its role, CN its name. */
  | {
      readonly kind: 'certificate';
      readonly server: ServerCertificate;
      readonly certificateAuthority: string;
      /** PEM files of certificate revocation lists, RFC 5280. */
      readonly revocationLists: readonly string[];
      /** Serial numbers in upper-case hexadecimal, or common names, that are refused. */
      readonly denied: readonly string[];
    }
  /** `X-API-Key`. Without a server certificate the key goes over the network in the clear. */
  | { readonly kind: 'api-key'; readonly server: ServerCertificate | undefined }
  /** Health and metrics only. */
  | { readonly kind: 'none'; readonly server: ServerCertificate | undefined };

export type ListenerSpec = {
  /** As bosun.yaml calls it; events name it so. */
  readonly name: string;
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** Names that the Host header may say, besides addresses, `localhost` and what the server's certificate is for. */
  readonly hosts: readonly string[];
  readonly authentication: ListenerAuthentication;
};
