import { useState, type ReactNode } from 'react';
import { bodies, everywhere, faces, regionName, type Figure, type Region, type Shape } from './regions';

/** The body from the front and the back. A region stands once in the order of the keyboard, however often it is drawn. */
export function BodyMap({ chosen, examined, onChoose }: { chosen: Region | null; examined: ReadonlySet<string>; onChoose: (region: Region | null) => void }): ReactNode {
  const [near, setNear] = useState<Region | null>(null);
  const choose = (region: Region): void => onChoose(region === chosen ? null : region);
  const drawn = new Set<Region>();
  const isFirst = (region: Region): boolean => {
    const first = !drawn.has(region);
    drawn.add(region);
    return first;
  };
  const figure = ({ name, x, y, shapes }: Figure): ReactNode => (
    <g key={name} transform={`translate(${x} ${y})`}>
      {shapes.map((shape) => (
        <Part
          key={shape.region}
          shape={shape}
          isFirst={isFirst(shape.region)}
          isChosen={shape.region === chosen}
          isNear={shape.region === near}
          isExamined={examined.has(shape.region)}
          onNear={setNear}
          onChoose={choose}
        />
      ))}
    </g>
  );
  const shown = near ?? chosen;
  return (
    <div className="ms-body">
      <div className="ms-figures" role="group" aria-label="Regions of the body" onPointerLeave={() => setNear(null)}>
        <svg viewBox="0 0 330 456" className="ms-bodies">
          {bodies.map(figure)}
          <text x="80" y="450" aria-hidden="true">Front</text>
          <text x="250" y="450" aria-hidden="true">Back</text>
        </svg>
        <svg viewBox="14 0 132 164" className="ms-face">{faces.map(figure)}</svg>
      </div>
      <p className="ms-region" aria-hidden="true">{shown ? regionName(shown) : 'Choose a region'}</p>
      <div className="row ms-everywhere" role="group" aria-label="The whole body">
        {everywhere.map((region) => (
          <button key={region} type="button" aria-pressed={region === chosen} onClick={() => choose(region)}>
            {regionName(region)}{examined.has(region) && <span className="ms-done"> ✓<span className="visually-hidden"> examined</span></span>}
          </button>
        ))}
      </div>
    </div>
  );
}

function Part({ shape, isFirst, isChosen, isNear, isExamined, onNear, onChoose }: {
  shape: Shape;
  isFirst: boolean;
  isChosen: boolean;
  isNear: boolean;
  isExamined: boolean;
  onNear: (region: Region | null) => void;
  onChoose: (region: Region) => void;
}): ReactNode {
  const { region, paths } = shape;
  const name = `${regionName(region)}${isExamined ? ', examined' : ''}`;
  const look = { className: 'ms-part', 'data-region': region, 'data-near': isNear || undefined, 'data-chosen': isChosen || undefined, 'data-examined': isExamined || undefined };
  const pointed = { onPointerEnter: () => onNear(region), onClick: () => onChoose(region) };
  // One outline is the button, so that its middle is its own; the other side answers the pointer only.
  const first = isFirst ? paths.slice(0, 1) : [];
  const others = paths.slice(first.length);
  return (
    <>
      {first.length > 0 && (
        <g
          {...look}
          {...pointed}
          role="button"
          tabIndex={0}
          aria-label={name}
          aria-pressed={isChosen}
          onFocus={() => onNear(region)}
          onBlur={() => onNear(null)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== ' ') return;
            event.preventDefault();
            onChoose(region);
          }}
        >
          {first.map((path) => <path key={path} d={path} />)}
        </g>
      )}
      {others.length > 0 && <g {...look} {...pointed} aria-hidden="true">{others.map((path) => <path key={path} d={path} />)}</g>}
    </>
  );
}
