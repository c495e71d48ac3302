export type Theme = 'system' | 'light' | 'dark';

const kept = 'troupe.theme';

export function theme(): Theme {
  const value = localStorage.getItem(kept);
  return value === 'light' || value === 'dark' ? value : 'system';
}

export function setTheme(value: Theme): void {
  if (value === 'system') localStorage.removeItem(kept);
  else localStorage.setItem(kept, value);
  applyTheme();
}

export function applyTheme(): void {
  const value = theme();
  if (value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}
