const day = 1440;

/** Minutes of case time as people say them: half minutes are kept, what is longer than a day is told in days and hours. */
export function caseTime(minutes: number): string {
  const halves = Math.max(0, Math.round(minutes * 2)) / 2;
  const whole = Math.floor(halves);
  if (halves < 60) return `${halves > whole ? (whole === 0 ? '½' : `${whole}½`) : whole} min`;
  const rounded = Math.round(halves);
  const days = Math.floor(rounded / day);
  const hours = Math.floor((rounded % day) / 60);
  const rest = rounded % 60;
  const parts = [days > 0 && `${days} ${days === 1 ? 'day' : 'days'}`, hours > 0 && `${hours} h`, days === 0 && rest > 0 && `${rest} min`];
  return parts.filter(Boolean).join(' ');
}

/** Seconds that are left, as a clock shows them. */
export function clockTime(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
}

/** A moment of case time in a margin: hours and minutes since the encounter began. */
export function stamp(minute: number): string {
  const whole = Math.max(0, Math.floor(minute));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** Points without a fraction that nobody needs. */
export function points(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 1 });
}
