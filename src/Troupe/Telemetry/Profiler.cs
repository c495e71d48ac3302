using System.Collections.Concurrent;

namespace Troupe.Telemetry;

/// <summary>Measures named sections of a running program, all the time: <c>using (profiler.Measure("name"))</c>. It holds at most
/// <see cref="MaxSections"/> sections of 8 KiB each; what comes beyond, or has a name longer than <see cref="MaxNameLength"/>, is counted
/// together as <see cref="OverflowName"/>. Thread-safe; measuring a section that is known takes no lock and allocates nothing.</summary>
public sealed class Profiler
{
    /// <summary>The most sections with names of their own.</summary>
    public const int MaxSections = 1024;

    /// <summary>The most characters of a name.</summary>
    public const int MaxNameLength = 128;

    /// <summary>The name of the section for what has none of its own.</summary>
    public const string OverflowName = "other";

    private readonly ConcurrentDictionary<string, ProfileSection>[] _sections =
        [.. Enum.GetValues<ProfileCategory>().Select(_ => new ConcurrentDictionary<string, ProfileSection>(StringComparer.Ordinal))];

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ProfileSection _overflow;
    private readonly DateTimeOffset _since;
    private int _count;

    /// <summary>Begins with no section.</summary>
    /// <param name="time">The clock. Default the system's.</param>
    public Profiler(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _overflow = new ProfileSection(OverflowName, ProfileCategory.Other, _time);
        _since = _time.GetUtcNow();
    }

    /// <summary>Measures a section until the scope is disposed.</summary>
    /// <param name="name">The section; a constant, or one of few, never somebody's words.</param>
    /// <param name="category">The kind of work.</param>
    public ProfileScope Measure(string name, ProfileCategory category = ProfileCategory.Other) => Section(name, category).Measure();

    /// <summary>A section, to be kept by who measures it often.</summary>
    /// <param name="name">The section; a constant, or one of few, never somebody's words.</param>
    /// <param name="category">The kind of work.</param>
    public ProfileSection Section(string name, ProfileCategory category = ProfileCategory.Other) =>
        _sections[(int)category].TryGetValue(name, out var section) ? section : Add(name, category);

    /// <summary>What has been measured so far, what took the most time first; what is measured meanwhile may or may not be in it.</summary>
    public ProfileReport Report()
    {
        var rows = _sections.SelectMany(s => s.Values).Append(_overflow).Select(ProfileRow.Of).Where(r => r.Calls > 0);
        return new ProfileReport(_time.GetUtcNow(), _since, [.. rows.OrderByDescending(r => r.TotalMs).ThenBy(r => r.Section, StringComparer.Ordinal)]);
    }

    private ProfileSection Add(string name, ProfileCategory category)
    {
        // Looked at before the lock: when all places are taken, nobody should wait to be told so.
        if (name.Length is 0 or > MaxNameLength || (name == OverflowName && category == ProfileCategory.Other) || Volatile.Read(ref _count) >= MaxSections)
        {
            return _overflow;
        }

        lock (_gate)
        {
            var sections = _sections[(int)category];
            if (sections.TryGetValue(name, out var known))
            {
                return known;
            }

            if (_count >= MaxSections)
            {
                return _overflow;
            }

            Volatile.Write(ref _count, _count + 1);
            return sections[name] = new ProfileSection(name, category, _time);
        }
    }
}
