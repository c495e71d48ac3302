import { useId, useRef, type ReactNode } from 'react';

export interface MenuItem {
  label: string;
  run: () => void;
  danger?: boolean;
}

/** A button that opens a list of things to do; the arrow keys move in it. */
export function Menu({ label, items, children }: { label: string; items: MenuItem[]; children?: ReactNode }): ReactNode {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const move = (step: number): void => {
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  return (
    <>
      <button ref={button} type="button" className="quiet" aria-label={label} aria-haspopup="menu" popoverTarget={id}>
        {children ?? <span aria-hidden="true">⋯</span>}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        className="menu"
        onToggle={(event) => {
          if ((event as unknown as ToggleEvent).newState !== 'open' || !list.current || !button.current) return;
          const at = button.current.getBoundingClientRect();
          const size = list.current.getBoundingClientRect();
          list.current.style.left = `${Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8))}px`;
          list.current.style.top = `${at.bottom + size.height + 8 > innerHeight ? Math.max(8, at.top - size.height - 4) : at.bottom + 4}px`;
          list.current.querySelector('button')?.focus();
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') move(1);
          else if (event.key === 'ArrowUp') move(-1);
          else return;
          event.preventDefault();
        }}
      >
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            role="menuitem"
            className={item.danger ? 'danger-text' : undefined}
            onClick={() => {
              list.current?.hidePopover();
              item.run();
            }}
          >
            {item.label}
          </button>
        ))}
      </div>
    </>
  );
}
