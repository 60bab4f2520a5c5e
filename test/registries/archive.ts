/** One file of an archive, or whatever its `type` says. */
export interface Member {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly type?: string;
  readonly prefix?: string;
  /** The size field as it stands, in place of the content's. */
  readonly size?: string;
  readonly magic?: string;
  readonly link?: string;
  readonly time?: string;
}

/** One header and its content, padded. */
export function member({
  name,
  content = '',
  type = '0',
  prefix = '',
  size,
  magic = 'ustar\u000000',
  link = '',
  time = '',
}: Member): Buffer {
  const bytes = Buffer.from(content);
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write(size ?? bytes.length.toString(8).padStart(11, '0'), 124, 12, 'latin1');
  block.write(type, 156, 1, 'latin1');
  block.write(time, 136, 12, 'latin1');
  block.write(link, 157, 100);
  block.write(magic, 257, 8, 'latin1');
  block.write(prefix, 345, 155);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([block, bytes, Buffer.alloc(-bytes.length & 511)]);
}

/** Two empty blocks. */
export const END = Buffer.alloc(1024);

/** A tar archive; bytes are taken as they are. */
export function archive(members: readonly (Member | Buffer)[]): Buffer {
  return Buffer.concat([...members.map((one) => (Buffer.isBuffer(one) ? one : member(one))), END]);
}
