import type { ServerResponse } from 'node:http';
import type { Answer } from './dialect.ts';
import type { Failure } from './faults.ts';

// Half a body must have reached the reader before its connection is cut.
const SETTLING_MS = 20;

/** Sends an answer, or what a failure makes of it. Timers end with the connection. */
export function deliver(response: ServerResponse, answer: Answer, failure: Failure | undefined): void {
  const body = Buffer.from(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  const half = body.subarray(0, Math.floor(body.length / 2));
  const type = typeof answer.body === 'string' && answer.body.startsWith('<') ? 'text/html' : 'application/json;charset=UTF-8';
  const head = (length: number) => response.writeHead(answer.status, { 'content-type': type, ...answer.headers, 'content-length': length });
  const repeat = (everyMs: number, action: () => void) => {
    const timer = setInterval(action, everyMs);
    response.on('close', () => clearInterval(timer));
  };
  const later = (ms: number, action: () => void) => {
    const timer = setTimeout(action, ms);
    response.on('close', () => clearTimeout(timer));
  };

  switch (failure?.kind) {
    case 'hang':
      if (failure.where === 'in body') head(body.length).write(half);
      return;
    case 'reset':
      if (failure.where === 'before headers') response.socket?.resetAndDestroy();
      else head(body.length).write(half, () => later(SETTLING_MS, () => response.socket?.resetAndDestroy()));
      return;
    case 'endless headers': {
      let count = 0;
      response.socket?.write(`HTTP/1.1 ${answer.status} OK\r\n`);
      repeat(failure.everyMs, () => response.socket?.write(`x-filler-${count++}: 0\r\n`));
      return;
    }
    case 'slow': {
      let sent = 0;
      head(body.length).flushHeaders();
      repeat(failure.everyMs, () => {
        response.write(body.subarray(sent, sent + failure.bytes));
        sent += failure.bytes;
        if (sent >= body.length) response.end();
      });
      return;
    }
    case 'late':
      later(failure.ms, () => head(body.length).end(body));
      return;
    case 'truncated':
      head(half.length).end(half);
      return;
    default:
      head(body.length).end(body);
  }
}
