/**
 * Preloaded into a run of the built command line (node --require), writes every connection, name lookup and listening
 * port to the file in RECORD_CONNECTIONS. Not those of what the run starts: a package manager asks whom it likes.
 */
export const RECORD_CONNECTIONS = String.raw`
const { appendFileSync } = require('node:fs');
const dns = require('node:dns');
const net = require('node:net');

const file = process.env.RECORD_CONNECTIONS;
if (file !== undefined && /[/\\]dist[/\\]cli\.cjs$/.test(process.argv[1] ?? '')) {
  const write = (...words) => appendFileSync(file, words.join(' ') + '\n');
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...args) {
    const [options] = Array.isArray(args[0]) ? args[0] : args;
    const { host = 'localhost', port, path } = typeof options === 'object' ? options : { port: options };
    write('connect', path ?? host + ':' + port);
    return connect.apply(this, args);
  };
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (...args) {
    this.once('listening', () => write('listen', this.address().address + ':' + this.address().port));
    return listen.apply(this, args);
  };
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6']) {
    const original = dns[name];
    dns[name] = (host, ...rest) => {
      if (net.isIP(host) === 0) write('lookup', host);
      return original(host, ...rest);
    };
  }
}
`;
