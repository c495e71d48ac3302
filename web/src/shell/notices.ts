/** Something to be told in passing, with at most one thing to do about it. */
export interface Notice {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
  /** How long it stands; null until it is taken away. */
  milliseconds: number | null;
}

const most = 4;

class Notices {
  private list: readonly Notice[] = [];
  private next = 1;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): readonly Notice[] => this.list;

  tell(text: string, action?: Notice['action'], milliseconds: number | null = 6000): number {
    const notice: Notice = { id: this.next++, text, milliseconds, ...(action ? { action } : {}) };
    this.set([...this.list.slice(1 - most), notice]);
    if (milliseconds !== null) setTimeout(() => this.dismiss(notice.id), milliseconds);
    return notice.id;
  }

  dismiss(id: number): void {
    this.set(this.list.filter((n) => n.id !== id));
  }

  private set(list: readonly Notice[]): void {
    this.list = list;
    this.listeners.forEach((l) => l());
  }
}

export const notices = new Notices();
