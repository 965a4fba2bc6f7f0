// Static files of a built phone, and a handler for everything else.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { AddressInfo } from 'node:net';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css', '.png': 'image/png',
  '.jpg': 'image/jpeg', '.svg': 'image/svg+xml', '.json': 'application/json', '.map': 'application/json',
};

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

export interface Answer {
  status?: number;
  json?: unknown;
  bytes?: Buffer;
  type?: string;
}

export interface Served {
  url: string;
  close(): Promise<void>;
}

async function asked(request: http.IncomingMessage): Promise<Asked> {
  const url = new URL(request.url ?? '/', 'http://x');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = 'GET', headers } = request;
  return { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.concat(chunks) };
}

function staticFile(dir: string, pathname: string): string | null {
  const file = path.join(dir, pathname === '/' ? 'index.html' : decodeURIComponent(pathname));
  return file.startsWith(dir) && fs.existsSync(file) && fs.statSync(file).isFile() ? file : null;
}

/** Serves `dir` on a free port of loopback. What is no file goes to `answer`; undefined is 404. */
export async function serve(dir: string, answer: (a: Asked) => Answer | undefined | Promise<Answer | undefined>): Promise<Served> {
  const root = path.resolve(dir);
  const server = http.createServer(async (request, response) => {
    const a = await asked(request);
    const file = a.method === 'GET' ? staticFile(root, a.path) : null;
    if (file) {
      response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream', 'cache-control': 'no-store' });
      fs.createReadStream(file).pipe(response);
      return;
    }
    const result = await answer(a);
    const type = result?.type ?? (result && (result.status ?? 200) >= 400 ? 'application/problem+json' : 'application/json');
    response.writeHead(result ? (result.status ?? 200) : 404, { 'content-type': type });
    response.end(result?.bytes ?? (result?.json === undefined ? '' : JSON.stringify(result.json)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
