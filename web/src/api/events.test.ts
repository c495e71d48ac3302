import { describe, expect, it } from 'vitest';
import { EventParser } from './events';

const stream = ': still here\n\nevent: turn.delta\nid: 7.0.3\ndata: {"offset":0,\ndata: "text":"a: b"}\n\ndata:bare\n\nevent: turn.completed\r\nid: 7.0.4\r\ndata: {}\r\n\r\n';

describe('EventParser', () => {
  it('gives events with their names, ids and lines of data', () => {
    expect(new EventParser().push(stream)).toEqual([
      { name: 'turn.delta', id: '7.0.3', data: '{"offset":0,\n"text":"a: b"}' },
      { name: 'message', id: '7.0.3', data: 'bare' },
      { name: 'turn.completed', id: '7.0.4', data: '{}' },
    ]);
  });

  it('gives the same wherever the stream is cut', () => {
    const whole = new EventParser().push(stream);
    for (let cut = 0; cut <= stream.length; cut++) {
      const parser = new EventParser();
      expect([...parser.push(stream.slice(0, cut)), ...parser.push(stream.slice(cut))]).toEqual(whole);
    }
  });

  it('gives an event only when it is whole', () => {
    const parser = new EventParser();
    expect(parser.push('event: a\ndata: 1\n')).toEqual([]);
    expect(parser.push('\n')).toEqual([{ name: 'a', id: null, data: '1' }]);
  });

  it('lets fields pass that it does not know, and events without data', () => {
    expect(new EventParser().push('retry: 5\nstrange\nevent: empty\n\ndata: 1\n\n')).toEqual([{ name: 'message', id: null, data: '1' }]);
  });
});
