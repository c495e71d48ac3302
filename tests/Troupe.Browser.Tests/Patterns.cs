using System.Text.RegularExpressions;

namespace Troupe.Browser.Tests;

/// <summary>Patterns that several tests look for.</summary>
internal static partial class Patterns
{
    [GeneratedRegex("^Message", RegexOptions.None, 1000)]
    public static partial Regex Message { get; }

    [GeneratedRegex("^Account of", RegexOptions.None, 1000)]
    public static partial Regex Account { get; }

    [GeneratedRegex("^Guide", RegexOptions.None, 1000)]
    public static partial Regex Guide { get; }

    [GeneratedRegex("/chat/[0-9a-f]{32}$", RegexOptions.None, 1000)]
    public static partial Regex SessionAddress { get; }

    [GeneratedRegex("^Speak with", RegexOptions.None, 1000)]
    public static partial Regex Speak { get; }

    [GeneratedRegex("^Take a hint", RegexOptions.None, 1000)]
    public static partial Regex TakeHint { get; }

    [GeneratedRegex("^Take it for", RegexOptions.None, 1000)]
    public static partial Regex TakeIt { get; }

    [GeneratedRegex("^Take out", RegexOptions.None, 1000)]
    public static partial Regex TakeOut { get; }

    [GeneratedRegex("/medsim/attempts/[0-9a-f]{32}$", RegexOptions.None, 1000)]
    public static partial Regex AttemptAddress { get; }

    [GeneratedRegex("/debrief$", RegexOptions.None, 1000)]
    public static partial Regex DebriefAddress { get; }
}
