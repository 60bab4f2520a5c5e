import { withoutRef, type Identity } from '../model/proof.ts';
import { children, contextTag, expect, inside, oid, TAG } from './der.ts';
import { utf8 } from './json.ts';
import { malformed, reading, refuse, show } from './refusal.ts';
import { EXTENSION, type Certificate } from './x509.ts';

/** Extensions of Fulcio (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md). */
const FULCIO = '1.3.6.1.4.1.57264.1';
const MAX_VALUE = 8192;

/**
 * Reads who built it from a signing certificate: the subject alternative name and Fulcio's extensions. The first six
 * extensions (raw strings) were later written again as DER (from .8 on); where a certificate has both, they must agree.
 * Throws `Refusal` with `certificate-identity`.
 */
export function readIdentity(certificate: Certificate): Identity {
  return reading('certificate-identity', () => {
    const subject = readSubject(certificate);
    const raw = (number: number): string | null => {
      const extension = certificate.extensions.get(`${FULCIO}.${number}`);
      return extension === undefined ? null : decode(extension.value.content, number);
    };
    const der = (number: number): string | null => {
      const extension = certificate.extensions.get(`${FULCIO}.${number}`);
      if (extension === undefined) return null;
      return decode(expect(inside(extension.value), TAG.utf8String, `UTF8String in .${number}`).content, number);
    };
    const agreed = (newer: number, older: number): string | null => {
      const [now, before] = [der(newer), raw(older)];
      if (now !== null && before !== null && now !== before) disagree(newer, now, older, before);
      return now ?? before;
    };

    const name = raw(5);
    const url = der(12);
    if (url !== null && name !== null && !url.endsWith(`/${name}`)) disagree(12, url, 5, name);
    const repository = url ?? (name === null ? null : `https://github.com/${name}`);
    const started = der(18);
    const workflow = started ?? subject;
    const ref = agreed(14, 6);
    return {
      issuer: agreed(8, 1) ?? '',
      subject,
      repository,
      repositoryId: der(15),
      owner: der(16),
      ownerId: der(17),
      workflow: repository === null ? null : pathWithin(repository, workflow, ref),
      ref,
      commit: agreed(13, 3),
      trigger: agreed(20, 2),
      runner: readRunner(der(11)),
      visibility: der(22),
      run: der(21),
      signer: readSigner(subject, started, repository),
    };
  });
}

function disagree(newer: number, now: string, older: number, before: string): never {
  refuse('certificate-identity', `extension .${newer} says ${show(now)}, extension .${older} ${show(before)}`);
}

function decode(bytes: Buffer, number: number): string {
  if (bytes.length > MAX_VALUE) malformed(`extension .${number} is too long`);
  return utf8(bytes, `extension .${number}`);
}

/** The one subject alternative name: an e-mail address, a URI, or Fulcio's OtherName (.7). */
function readSubject(certificate: Certificate): string {
  const extension = certificate.extensions.get(EXTENSION.subjectAltName);
  if (extension === undefined) malformed('certificate has no subject alternative name');
  const names = children(expect(inside(extension.value), TAG.sequence, 'subject alternative name'));
  const [name] = names;
  if (name === undefined || names.length > 1) malformed(`certificate has ${names.length} subject alternative names`);
  if (name.tag === contextTag(1, false) || name.tag === contextTag(6, false)) {
    const subject = decode(name.content, 0);
    return subject === '' ? malformed('subject alternative name is empty') : subject;
  }
  const [type, value] = children(expect(name, contextTag(0), 'known kind of subject alternative name'));
  if (oid(type) !== `${FULCIO}.7`) malformed('subject alternative name is of an unknown kind');
  const inner = inside(expect(value, contextTag(0), 'subject alternative name'));
  return decode(expect(inner, TAG.utf8String, 'subject alternative name').content, 7);
}

/** Path of a workflow URI within its repository: GitHub puts one slash before it, GitLab two; the ref follows an @. */
function pathWithin(repository: string, uri: string, ref: string | null): string | null {
  if (!uri.startsWith(`${repository}/`) || !uri.includes('@')) return null;
  const file = ref !== null && uri.endsWith(`@${ref}`) ? uri.slice(0, -ref.length - 1) : withoutRef(uri);
  const path = file.slice(repository.length).replace(/^\/{1,2}/, '');
  return path === '' ? null : path;
}

/** The workflow that signed, where it is another than the started one or belongs to another repository. */
function readSigner(subject: string, started: string | null, repository: string | null): string | null {
  if (repository === null && started === null) return null;
  const same = (started ?? subject) === subject;
  return same && (repository === null || subject.startsWith(`${repository}/`)) ? null : subject;
}

function readRunner(environment: string | null): Identity['runner'] {
  if (environment === 'self-hosted') return 'self-hosted';
  return ['github-hosted', 'gitlab-hosted', 'platform-hosted'].includes(environment ?? '') ? 'hosted' : null;
}
