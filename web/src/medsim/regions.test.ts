import { describe, expect, it } from 'vitest';
import { bodies, everywhere, faces, mirrored, regionName, regions } from './regions';

describe('The body map', () => {
  const figures = [...bodies, ...faces];
  const drawn = figures.flatMap((f) => f.shapes.map((s) => s.region));
  it('has a place for every region of the catalogue: on the body, or beside it for what is everywhere', () => {
    expect(regions.filter((r) => !drawn.includes(r) && !everywhere.includes(r))).toEqual([]);
  });
  it('draws nothing that is everywhere', () => expect(everywhere.filter((r) => drawn.includes(r))).toEqual([]));
  it('draws a region once in a figure', () => {
    for (const figure of figures) expect(new Set(figure.shapes.map((s) => s.region)).size).toBe(figure.shapes.length);
  });
  it('mirrors an outline at the middle and back again', () => {
    const path = figures[0]!.shapes.find((s) => s.region === 'arms')!.paths[0]!;
    expect(mirrored(mirrored(path))).toBe(path);
    expect(mirrored('M10 20 L30.5 40')).toBe('M150 20 L129.5 40');
  });
  it('names a region that it does not know as it is written', () => expect(regionName('knees')).toBe('Knees'));
});
