using Troupe.Apps.MedSim.Attempts;
using Troupe.Apps.MedSim.Scoring;

namespace Troupe.Apps.MedSim.Classes;

/// <summary>How the items of cases went in a class.</summary>
internal sealed class ClassStatistics(MedSimHost host)
{
    private const int MostAttempts = 500;
    private const int EnoughToTell = 10;

    /// <summary>By case, from the newest finished attempts, at most 500 of them; each member's first at a case counts, so that practice does not.</summary>
    public async Task<List<CaseStatistics>> OfAsync(IEnumerable<(string Id, string Owner, AttemptRow Row)> attempts, CancellationToken cancellationToken)
    {
        var counted = attempts.Where(a => a.Row.FinishedAt is not null).Take(MostAttempts)
            .GroupBy(a => (a.Row.Case, a.Owner)).Select(g => g.MinBy(a => a.Row.FinishedAt)).GroupBy(a => a.Row.Case, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal);
        var statistics = new List<CaseStatistics>();
        foreach (var group in counted)
        {
            var scores = new List<Score>();
            foreach (var attempt in group)
            {
                var (read, state, _) = await host.Desk.OpenAsync(attempt.Id, attempt.Owner, cancellationToken);
                scores.Add(Scorer.Of(read, state));
            }

            statistics.Add(new CaseStatistics(group.Key, group.First().Row.Title, scores.Count, Math.Round(scores.Average(s => s.Total), 1), ItemsOf(scores)));
        }

        return statistics;
    }

    private static List<ItemStatistics> ItemsOf(List<Score> scores)
    {
        var done = scores.SelectMany(s => s.Items.Select(i => (Item: i, s.Total))).GroupBy(i => (i.Item.Area, i.Item.Id));
        return [.. done.Select(g => new ItemStatistics(
            g.Key.Id, g.Key.Area, g.First().Item.Text, g.Count(), Math.Round(g.Average(i => i.Item.Done ? 1.0 : 0), 3), g.Count() >= EnoughToTell ? Correlation([.. g.Select(i => (i.Item.Done, i.Total))]) : null))];
    }

    /// <summary>The point-biserial correlation of getting an item with the score; null where everybody or nobody got it, or all scores are one.</summary>
    private static double? Correlation(List<(bool Done, double Score)> results)
    {
        var with = results.Where(r => r.Done).Select(r => r.Score).ToList();
        var without = results.Where(r => !r.Done).Select(r => r.Score).ToList();
        var mean = results.Average(r => r.Score);
        var deviation = Math.Sqrt(results.Average(r => (r.Score - mean) * (r.Score - mean)));
        if (with.Count == 0 || without.Count == 0 || deviation == 0)
        {
            return null;
        }

        var share = (double)with.Count / results.Count;
        return Math.Round((with.Average() - without.Average()) / deviation * Math.Sqrt(share * (1 - share)), 3);
    }
}
