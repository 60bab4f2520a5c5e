/** https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, signature definition; lengths are in bytes. */
export function preAuthEncoding(type: string, payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
