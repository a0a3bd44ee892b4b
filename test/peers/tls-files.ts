/** A certificate and its key as files, as other programs want them. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './programs.ts';

export class TlsFiles implements AsyncDisposable {
  readonly folder: string;
  readonly cert: string;
  readonly key: string;
  /** Both in one file, readable for everybody: the key is worth nothing. */
  readonly both: string;
  /** The certificate, to be trusted. */
  authority = '';

  private constructor(folder: string) {
    this.folder = folder;
    this.cert = join(folder, 'cert.pem');
    this.key = join(folder, 'key.pem');
    this.both = join(folder, 'both.pem');
  }

  /** Makes them, with an RSA key: ours have elliptic curves. */
  static async write(): Promise<TlsFiles> {
    const files = new TlsFiles(await mkdtemp(join(tmpdir(), 'mailwright-tls-')));
    await chmod(files.folder, 0o755);
    const { key, cert, both } = files;
    const subject = ['-subj', '/CN=mx.test', '-addext', 'subjectAltName=DNS:mx.test'];
    const newKey = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key];
    await run('openssl', ['req', '-x509', '-days', '2', ...newKey, '-out', cert, ...subject]);
    await chmod(key, 0o600);
    files.authority = await readFile(cert, 'utf8');
    await writeFile(both, `${await readFile(key, 'utf8')}${files.authority}`);
    return files;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
