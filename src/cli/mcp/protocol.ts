import { VERSION } from '../../model/version.ts';
import { fieldsOf, isObject, type Fields } from '../../model/value.ts';

/** A tool as it is listed. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** JSON Schema 2020-12. */
  readonly inputSchema: Fields;
  readonly annotations: Fields;
}

/** What a call of a tool gives; an error is one that the model may mend. */
export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  /** The same as JSON, where it is. */
  readonly structured?: Fields;
}

/** What is served. `call` gets the name of a tool that is listed. */
export interface Served {
  readonly tools: readonly Tool[];
  readonly instructions: string;
  readonly call: (name: string, args: Fields) => Promise<ToolResult>;
}

/** The revision without a handshake: https://modelcontextprotocol.io/specification/2026-07-28 */
const MODERN = '2026-07-28';
/** Those that begin with `initialize`, the newest first. */
const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
const SERVER_INFO = { name: 'assay', version: VERSION };
const CAPABILITIES = { tools: {} };
/** The tools are those of the version. */
const CACHED = { ttlMs: 3_600_000, cacheScope: 'public' };

/** Errors of JSON-RPC 2.0 (section 5.1), and of this protocol. */
const CODES = { parse: -32700, request: -32600, method: -32601, params: -32602, internal: -32603, version: -32022 };

type Id = string | number;

/** An error of the protocol, which is answered and thrown nowhere else. */
class RpcError extends Error {
  readonly code: number;
  readonly data: Fields | undefined;

  constructor(code: keyof typeof CODES, message: string, data?: Fields) {
    super(message);
    this.code = CODES[code];
    this.data = data;
  }
}

/** Answers messages; null for those that have no answer. Never throws. */
export function protocolOf(served: Served): (line: string) => Promise<string | null> {
  let isInitialized = false;

  async function answered(method: string, params: Fields): Promise<Fields> {
    const meta = fieldsOf(params['_meta']);
    const isModern = Object.hasOwn(meta, VERSION_KEY);
    if (isModern) demandVersion(meta);
    if (method === 'initialize' && !isModern) {
      isInitialized = true;
      const { protocolVersion: asked } = params;
      if (typeof asked !== 'string') throw new RpcError('params', 'initialize needs a protocolVersion');
      return {
        protocolVersion: LEGACY.find((version) => version === asked) ?? LEGACY[0],
        capabilities: CAPABILITIES,
        serverInfo: SERVER_INFO,
        instructions: served.instructions,
      };
    }
    if (method === 'ping' && !isModern) return {};
    if (!isModern && !isInitialized) {
      throw new RpcError('params', `a request needs ${VERSION_KEY} in _meta, or initialize before it`);
    }
    const result = await resultOf(method, params, isModern);
    if (!isModern) return result;
    return { resultType: 'complete', ...result, _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO } };
  }

  async function resultOf(method: string, params: Fields, isModern: boolean): Promise<Fields> {
    if (method === 'server/discover' && isModern) {
      return {
        supportedVersions: [MODERN, ...LEGACY],
        capabilities: CAPABILITIES,
        instructions: served.instructions,
        ...CACHED,
      };
    }
    if (method === 'tools/list') {
      if (params['cursor'] !== undefined) throw new RpcError('params', 'there is one page of tools, and no cursor');
      return { tools: served.tools, ...(isModern && CACHED) };
    }
    if (method !== 'tools/call') throw new RpcError('method', `no method ${shown(method)}`);
    const { name, arguments: args = {} } = params;
    const tool = served.tools.find((one) => one.name === name);
    if (tool === undefined) throw new RpcError('params', `no tool ${shown(name)}`);
    if (!isObject(args)) throw new RpcError('params', 'the arguments of a tool are an object');
    const { isError, text, structured } = await served.call(tool.name, args);
    return {
      content: [{ type: 'text', text }],
      ...(structured !== undefined && { structuredContent: structured }),
      isError,
    };
  }

  return async (line) => {
    let id: Id | null = null;
    try {
      const message = parsed(line);
      id = idOf(message);
      if (message['jsonrpc'] !== '2.0') throw new RpcError('request', 'no message of JSON-RPC 2.0');
      const { method, params = {} } = message;
      // The answer to a request, of which there are none.
      if (method === undefined && ('result' in message || 'error' in message)) return null;
      if (typeof method !== 'string') throw new RpcError('request', 'a request needs a method');
      if (!('id' in message)) return null;
      if (id === null) throw new RpcError('request', 'the id of a request is a string or a whole number');
      if (!isObject(params)) throw new RpcError('params', 'params are an object');
      return JSON.stringify({ jsonrpc: '2.0', id, result: await answered(method, params) });
    } catch (error) {
      const { code, message, data } =
        error instanceof RpcError
          ? error
          : new RpcError('internal', `internal error, please report it: ${String(error)}`);
      return errorLine(id, code, message, data);
    }
  };
}

/** The answer to a line that is too long to be read. */
export function tooLong(max: number): string {
  return errorLine(null, CODES.request, `a message has at most ${max} bytes`);
}

function errorLine(id: Id | null, code: number, message: string, data?: Fields): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, ...(data && { data }) } });
}

function demandVersion(meta: Fields): void {
  const asked = meta[VERSION_KEY];
  if (asked !== MODERN) {
    const data = { supported: [MODERN, ...LEGACY], requested: typeof asked === 'string' ? asked.slice(0, 100) : '' };
    throw new RpcError('version', 'Unsupported protocol version', data);
  }
  if (!isObject(meta[CAPABILITIES_KEY])) throw new RpcError('params', `a request needs ${CAPABILITIES_KEY} in _meta`);
}

function parsed(line: string): Fields {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    throw new RpcError('parse', 'no JSON');
  }
  if (!isObject(message)) throw new RpcError('request', 'a message is an object, and one to a line');
  return message;
}

function idOf({ id }: Fields): Id | null {
  return typeof id === 'string' || Number.isSafeInteger(id) ? (id as Id) : null;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : 'without a name';
}
