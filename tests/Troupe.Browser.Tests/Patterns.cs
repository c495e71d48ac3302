using System.Text.RegularExpressions;

namespace Troupe.Browser.Tests;

/// <summary>Patterns that several tests look for.</summary>
internal static partial class Patterns
{
    [GeneratedRegex("^Message", RegexOptions.None, 1000)]
    public static partial Regex Message { get; }

    [GeneratedRegex("^Account of", RegexOptions.None, 1000)]
    public static partial Regex Account { get; }

    [GeneratedRegex("/chat/[0-9a-f]{32}$", RegexOptions.None, 1000)]
    public static partial Regex SessionAddress { get; }
}
