using Troupe.Agents;
using Troupe.Server;
using Troupe.Server.Keys;

namespace Troupe.Apps.Mnemosine;

/// <summary>The limits of spending and what stands nearest to them, as lines. Thread-safe.</summary>
internal sealed class BudgetTable(ServerServices services)
{
    private const int MaxLines = 100;

    /// <summary>The limits that are set, and then who has spent the largest share of a day's, at most so many lines in all.</summary>
    public IReadOnlyList<BudgetLine> Read()
    {
        List<BudgetLine> lines = [];
        var nearest = new PriorityQueue<BudgetLine, double>();
        foreach (var line in services.Runtime.BudgetStandings().Select(LineOf).Concat(services.KeyDays().Select(LineOf)))
        {
            if (line.Owner is null)
            {
                lines.Add(line);
            }
            else if (nearest.Count < MaxLines)
            {
                nearest.Enqueue(line, ShareOf(line));
            }
            else
            {
                nearest.EnqueueDequeue(line, ShareOf(line));
            }
        }

        // There may be more limits than agents; half of the lines is left to who spends.
        var spending = nearest.UnorderedItems.OrderByDescending(i => i.Priority).ThenBy(i => i.Element.Owner, StringComparer.Ordinal).Select(i => i.Element);
        return [.. lines.Take(Math.Max(MaxLines / 2, MaxLines - nearest.Count)).Concat(spending).Take(MaxLines)];
    }

    private static BudgetLine LineOf(BudgetStanding standing) => new(
        standing.Scope switch { BudgetScope.Turn => "turn", BudgetScope.Session => "session", _ => "owner_day" },
        standing.Owner, standing.Agent, standing.Tokens, standing.MaxTokens, MoneyOf(standing.Micros), MoneyOf(standing.MaxMicros));

    private static BudgetLine LineOf(KeyDay day) => new("key_day", day.Owner, null, day.Tokens, day.Limit, null, null);

    private static decimal? MoneyOf(long? micros) => micros / 1_000_000m;

    private static double ShareOf(BudgetLine line) => Math.Max(
        line is { Tokens: { } tokens, TokenLimit: > 0 and var most } ? (double)tokens / most : 0,
        line is { Money: { } money, MoneyLimit: > 0 and var dearest } ? (double)(money / dearest) : 0);
}
