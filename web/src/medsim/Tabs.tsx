import type { KeyboardEvent, ReactNode } from 'react';

export interface Tab<T extends string> {
  name: T;
  label: string;
  /** How much there is that was not looked at; 0 for nothing. */
  news?: number;
}

/** Ways to one place at a time. The arrow keys move between them, Enter and the space bar choose. */
export function Tabs<T extends string>({ label, tabs, chosen, panel, onChoose }: {
  label: string;
  tabs: readonly Tab<T>[];
  chosen: T;
  panel: string;
  onChoose: (name: T) => void;
}): ReactNode {
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const all = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('[role=tab]')];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = event.key === 'ArrowRight' ? at + 1 : event.key === 'ArrowLeft' ? at - 1 : event.key === 'Home' ? 0 : event.key === 'End' ? all.length - 1 : null;
    if (next === null) return;
    event.preventDefault();
    all[(next + all.length) % all.length]?.focus();
  };
  return (
    <div className="ms-tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          key={tab.name}
          id={`tab-${tab.name}`}
          type="button"
          role="tab"
          aria-selected={tab.name === chosen}
          aria-controls={tab.name === chosen ? panel : undefined}
          tabIndex={tab.name === chosen ? 0 : -1}
          onClick={() => onChoose(tab.name)}
        >
          {tab.label}
          {!!tab.news && <span className="ms-news"><span className="visually-hidden">, </span>{tab.news}<span className="visually-hidden"> new</span></span>}
        </button>
      ))}
    </div>
  );
}
