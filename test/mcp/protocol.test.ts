import { describe, expect, it } from 'vitest';
import { protocolOf } from '../../src/cli/mcp/protocol.ts';
import { INSTRUCTIONS, LISTED } from '../../src/cli/mcp/tools.ts';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

function server(): (message: unknown) => Promise<Record<string, unknown> | null> {
  const answer = protocolOf({
    tools: LISTED,
    instructions: INSTRUCTIONS,
    call: (name, args) => {
      if (name === 'explain') return Promise.reject(new Error('broken'));
      return Promise.resolve({ isError: false, text: JSON.stringify(args), structured: args });
    },
  });
  return async (message) => {
    const line = await answer(typeof message === 'string' ? message : JSON.stringify(message));
    expect(line ?? '').not.toContain('\n');
    return line === null ? null : (JSON.parse(line) as Record<string, unknown>);
  };
}

const request = (method: unknown, params?: object, id: unknown = 1): object => ({
  jsonrpc: '2.0',
  id,
  method,
  ...(params && { params }),
});

describe('the present revision, 2026-07-28', () => {
  it('needs no handshake; each request says its version, and each result who answers', async () => {
    const ask = server();
    const info = { 'io.modelcontextprotocol/serverInfo': { name: 'assay', version: expect.any(String) as string } };
    expect(await ask(request('server/discover', { _meta: META }))).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {
        resultType: 'complete',
        supportedVersions: ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'],
        capabilities: { tools: {} },
        instructions: INSTRUCTIONS,
        ttlMs: 3_600_000,
        cacheScope: 'public',
        _meta: info,
      },
    });
    expect(await ask(request('tools/list', { _meta: META }, 'a'))).toMatchObject({
      id: 'a',
      result: { resultType: 'complete', tools: LISTED, ttlMs: 3_600_000, cacheScope: 'public', _meta: info },
    });
    expect(await ask(request('tools/call', { _meta: META, name: 'check', arguments: { specs: ['p'] } }))).toMatchObject(
      {
        result: {
          resultType: 'complete',
          content: [{ type: 'text', text: '{"specs":["p"]}' }],
          structuredContent: { specs: ['p'] },
          isError: false,
        },
      },
    );
  });

  it('names the versions that there are for one that is not', async () => {
    const meta = { ...META, 'io.modelcontextprotocol/protocolVersion': '1900-01-01' };
    expect(await server()(request('server/discover', { _meta: meta }))).toMatchObject({
      error: {
        code: -32022,
        data: {
          supported: ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'],
          requested: '1900-01-01',
        },
      },
    });
  });

  it.each(['ping', 'initialize', 'logging/setLevel', 'resources/list'])('has no method %s', async (method) => {
    expect(await server()(request(method, { _meta: META }))).toMatchObject({ error: { code: -32601 } });
  });

  it('demands what the client can do', async () => {
    const { 'io.modelcontextprotocol/protocolVersion': version } = META;
    const meta = { 'io.modelcontextprotocol/protocolVersion': version };
    expect(await server()(request('tools/list', { _meta: meta }))).toMatchObject({ error: { code: -32602 } });
  });
});

describe('earlier revisions', () => {
  it.each([
    ['2025-11-25', '2025-11-25'],
    ['2024-11-05', '2024-11-05'],
    ['1900-01-01', '2025-11-25'],
  ])('begin with initialize: asked for %s, it is %s', async (asked, agreed) => {
    const ask = server();
    const params = { protocolVersion: asked, capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    expect(await ask(request('tools/list'))).toMatchObject({ error: { code: -32602 } });
    expect(await ask(request('ping'))).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    expect(await ask(request('initialize', params))).toMatchObject({
      result: { protocolVersion: agreed, capabilities: { tools: {} }, serverInfo: { name: 'assay' } },
    });
    expect(await ask({ jsonrpc: '2.0', method: 'notifications/initialized' })).toBeNull();
    expect(await ask(request('tools/list'))).toEqual({ jsonrpc: '2.0', id: 1, result: { tools: LISTED } });
    expect(await ask(request('server/discover'))).toMatchObject({ error: { code: -32601 } });
  });
});

describe('what is no request', () => {
  it.each<[string, unknown, number, unknown]>([
    ['no JSON', '{', -32700, null],
    ['a number', '1', -32600, null],
    ['several at once', [request('ping')], -32600, null],
    ['another version', { jsonrpc: '1.0', id: 1, method: 'ping' }, -32600, 1],
    ['no method', { jsonrpc: '2.0', id: 1 }, -32600, 1],
    ['a method that is none', request(1), -32600, 1],
    ['an id that is none', request('ping', undefined, null), -32600, null],
    ['an id that is an object', request('ping', undefined, {}), -32600, null],
    ['half an id', request('ping', undefined, 1.5), -32600, null],
    ['params that are a list', request('ping', []), -32602, 1],
    ['a method of every object', request('constructor', { _meta: META }), -32601, 1],
    ['a tool that is none', request('tools/call', { _meta: META, name: 'accept' }), -32602, 1],
    ['a tool of every object', request('tools/call', { _meta: META, name: 'constructor' }), -32602, 1],
    ['no tool', request('tools/call', { _meta: META }), -32602, 1],
    ['arguments that are none', request('tools/call', { _meta: META, name: 'audit', arguments: [] }), -32602, 1],
    ['another page', request('tools/list', { _meta: META, cursor: 'x' }), -32602, 1],
    ['what breaks', request('tools/call', { _meta: META, name: 'explain' }), -32603, 1],
    ['depth', '['.repeat(200_000), -32700, null],
  ])('%s', async (_, message, code, id) => {
    expect(await server()(message)).toMatchObject({ jsonrpc: '2.0', id, error: { code } });
  });

  it.each<[string, unknown]>([
    ['a notification', { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }],
    ['one that is not known', { jsonrpc: '2.0', method: 'notifications/nothing' }],
    ['an answer', { jsonrpc: '2.0', id: 1, result: {} }],
    ['an error', { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } }],
  ])('%s has no answer', async (_, message) => {
    expect(await server()(message)).toBeNull();
  });
});
