/** The regions that the catalogue of examinations knows, as people call them. */
export const regionNames = {
  general: 'General',
  head: 'Head',
  eyes: 'Eyes',
  ears: 'Ears',
  mouth: 'Mouth, nose and throat',
  neck: 'Neck',
  chest: 'Chest',
  heart: 'Heart',
  abdomen: 'Abdomen',
  back: 'Back',
  arms: 'Arms',
  hands: 'Hands',
  legs: 'Legs',
  feet: 'Feet',
  skin: 'Skin',
  nerves: 'Nerves',
  mind: 'Mind',
  pelvis: 'Pelvis',
  genitals: 'Genitals',
  rectum: 'Rectum',
  'lymph nodes': 'Lymph nodes',
  joints: 'Joints',
} as const;

export type Region = keyof typeof regionNames;

export const regions = Object.keys(regionNames) as Region[];

/** What is nowhere in particular and stands beside the map. */
export const everywhere: readonly Region[] = ['general', 'skin', 'nerves', 'mind', 'lymph nodes', 'joints'];

export function regionName(region: string): string {
  return regionNames[region as Region] ?? region.charAt(0).toUpperCase() + region.slice(1);
}

export interface Shape {
  region: Region;
  /** Outlines; what has two sides has two. */
  paths: readonly string[];
}

/** A drawing of the map, with its place on the sheet. */
export interface Figure {
  name: string;
  x: number;
  y: number;
  shapes: readonly Shape[];
}

const width = 160;

/** The other side of an outline of absolute commands, mirrored at the figure's middle. */
export function mirrored(path: string): string {
  let isX = true;
  return path.replace(/[A-Za-z]|-?\d+(?:\.\d+)?/g, (part) => {
    if (/[A-Za-z]/.test(part)) {
      isX = true;
      return part;
    }

    const value = isX ? String(width - Number(part)) : part;
    isX = !isX;
    return value;
  });
}

const both = (path: string): string[] => [path, mirrored(path)];
const skull = 'M80 8 C95 8 102 20 101 35 C100 50 91 62 80 62 C69 62 60 50 59 35 C58 20 65 8 80 8 Z';
const throat = 'M70 60 C76 65 84 65 90 60 L90 72 C94 77 102 80 110 83 C92 79 68 79 50 83 C58 80 66 77 70 72 Z';
const arm = 'M46 87 C34 90 29 99 28 116 C27 138 24 160 20 182 C17 200 14 212 12 224 L27 228 C31 214 35 200 38 184 C42 164 45 144 46 128 Z';
const hand = 'M11 227 L27 231 C29 242 28 252 24 262 C20 270 13 270 9 262 C5 250 7 238 11 227 Z';
const leg = 'M45 238 C54 246 68 250 77 252 C79 284 77 306 73 330 C71 356 70 380 68 402 L53 402 C50 380 47 356 47 332 C43 300 42 268 45 238 Z';
const foot = 'M53 405 L68 405 C69 413 69 420 66 425 C60 430 48 430 40 427 C38 422 48 416 53 405 Z';

/** The body from the front and from the back. */
export const bodies: readonly Figure[] = [
  {
    name: 'Front',
    x: 0,
    y: 0,
    shapes: [
      { region: 'head', paths: [skull] },
      { region: 'neck', paths: [throat] },
      { region: 'chest', paths: ['M49 86 C68 81 92 81 111 86 C116 98 115 126 111 150 L49 150 C45 126 44 98 49 86 Z'] },
      { region: 'heart', paths: ['M98 134 C86 124 83 113 90 109 C94 107 97 109 98 113 C99 109 103 107 107 109 C113 113 110 124 98 134 Z'] },
      { region: 'abdomen', paths: ['M49 153 L111 153 C109 170 110 188 113 202 L47 202 C50 188 51 170 49 153 Z'] },
      { region: 'pelvis', paths: ['M46 205 L114 205 C116 216 116 226 115 235 C104 243 94 246 88 247 L72 247 C66 246 56 243 45 235 C44 226 44 216 46 205 Z'] },
      { region: 'genitals', paths: ['M71 238 C76 235 84 235 89 238 C90 248 88 258 80 262 C72 258 70 248 71 238 Z'] },
      { region: 'arms', paths: both(arm) },
      { region: 'hands', paths: both(hand) },
      { region: 'legs', paths: both(leg) },
      { region: 'feet', paths: both(foot) },
    ],
  },
  {
    name: 'Back',
    x: 170,
    y: 0,
    shapes: [
      { region: 'head', paths: [skull] },
      { region: 'neck', paths: [throat] },
      { region: 'back', paths: ['M49 86 C68 81 92 81 111 86 C116 98 115 126 111 150 C109 170 110 188 113 202 L47 202 C50 188 51 170 49 150 C45 126 44 98 49 86 Z'] },
      { region: 'pelvis', paths: ['M46 205 L114 205 C116 216 116 226 115 235 C104 243 94 246 88 247 L72 247 C66 246 56 243 45 235 C44 226 44 216 46 205 Z'] },
      { region: 'rectum', paths: ['M80 218 C86 222 87 234 80 246 C73 234 74 222 80 218 Z'] },
      { region: 'arms', paths: both(arm) },
      { region: 'hands', paths: both(hand) },
      { region: 'legs', paths: both(leg) },
      { region: 'feet', paths: both(foot) },
    ],
  },
];

/** The face from near by, whose parts are small. */
export const faces: readonly Figure[] = [
  {
    name: 'Face',
    x: 0,
    y: 0,
    shapes: [
      { region: 'head', paths: ['M80 6 C112 6 126 32 124 62 C122 96 104 124 80 124 C56 124 38 96 36 62 C34 32 48 6 80 6 Z'] },
      { region: 'ears', paths: both('M36 54 C24 48 20 60 24 72 C27 82 34 88 38 82 Z') },
      { region: 'eyes', paths: both('M48 58 C53 49 67 49 72 58 C67 67 53 67 48 58 Z') },
      { region: 'mouth', paths: ['M80 66 L88 84 C84 88 76 88 72 84 Z', 'M60 100 C68 94 76 96 80 98 C84 96 92 94 100 100 C92 112 68 112 60 100 Z'] },
      { region: 'neck', paths: ['M56 118 C70 130 90 130 104 118 L104 142 C112 152 124 156 134 160 L26 160 C36 156 48 152 56 142 Z'] },
    ],
  },
];
