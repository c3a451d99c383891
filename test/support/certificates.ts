/** Certificates that openssl makes: an authority, and what it signs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  /** PEM, its chain after it. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Both in one file, as Kafka wants them. */
  readonly bothFile: string;
}

export interface Authority {
  readonly caFile: string;
  /** For these names; `password` encrypts the key. */
  sign(name: string, alternatives: string, password?: string): Certificate;
}

export interface Certificates {
  authority(name: string): Authority;
  close(): void;
}

export function openCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-tls-'));
  return {
    authority: (name) => createAuthority(folder, name),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function createAuthority(folder: string, authority: string): Authority {
  const caFile = join(folder, `${authority}.pem`);
  const caKey = join(folder, `${authority}.key`);
  const subject = ['-subj', `/CN=${authority}`];
  openssl('req', '-x509', ...NEW_KEY, '-keyout', caKey, '-out', caFile, '-days', '2', ...subject);
  return {
    caFile,
    sign(name, alternatives, password) {
      const at = (ending: string) => join(folder, `${authority}-${name}.${ending}`);
      writeFileSync(at('ext'), `subjectAltName=${alternatives}\n`);
      openssl('req', ...NEW_KEY, '-keyout', at('key'), '-out', at('csr'), '-subj', `/CN=${name}`);
      const signing = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', at('ext')];
      openssl('x509', '-req', '-in', at('csr'), '-out', at('pem'), ...signing);
      const key = readFileSync(at('key'), 'utf8');
      writeFileSync(at('both'), key + readFileSync(at('pem'), 'utf8'));
      if (password !== undefined) lock(at('key'), password);
      return { certificateFile: at('pem'), keyFile: at('key'), bothFile: at('both') };
    },
  };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function lock(keyFile: string, password: string): void {
  const locked = `${keyFile}.locked`;
  openssl('pkcs8', '-topk8', '-in', keyFile, '-out', locked, '-passout', `pass:${password}`);
  writeFileSync(keyFile, readFileSync(locked));
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
