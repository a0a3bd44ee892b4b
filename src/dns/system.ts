import { readFileSync } from 'node:fs';
import { parseResolvConf, type SystemDns } from './resolv-conf.ts';

/** The name servers of this machine: what /etc/resolv.conf says now. Without that file, 127.0.0.1. */
export function systemDns(path = '/etc/resolv.conf'): SystemDns {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'));
  } catch {
    return parseResolvConf('');
  }
}
