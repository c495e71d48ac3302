namespace Troupe.Caching;

/// <summary>Spans of time in a clock's own timestamps, exact to its resolution.</summary>
internal static class TimestampSpans
{
    public static long TimestampsIn(this TimeProvider time, TimeSpan span) => (long)((Int128)span.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond);

    public static long TimestampAfter(this TimeProvider time, TimeSpan span) => time.GetTimestamp() + time.TimestampsIn(span);
}
