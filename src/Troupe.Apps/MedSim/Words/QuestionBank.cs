namespace Troupe.Apps.MedSim.Words;

/// <summary>What interviews are about: topics with ways to ask and to speak of each, read from the program itself and learned once, when the first case is opened. Thread-safe.</summary>
internal sealed class QuestionBank
{
    private static readonly Lazy<QuestionBank> Read = new(() => new QuestionBank());

    private readonly Func<string, double> _weightOf;
    private readonly Classifier _classifier;
    private readonly List<string> _topics = [];
    private readonly List<List<Dictionary<string, double>>> _questions = [];
    private readonly int[] _open;
    private readonly int[] _manners;

    private QuestionBank()
    {
        var examples = new List<(int Topic, Dictionary<string, double> Features)>();
        var stems = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in Lines())
        {
            if (line.StartsWith("topic ", StringComparison.Ordinal))
            {
                _topics.Add(line[6..]);
                _questions.Add([]);
            }
            else if (line[0] is '?' or '=')
            {
                var features = Words.Features.Of(line[2..]);
                examples.Add((_topics.Count - 1, features));
                stems.UnionWith(SpokenWords.Of(line[2..]).Select(w => Stemmer.Stem(w.Text)));
                if (line[0] == '?')
                {
                    _questions[^1].Add(features);
                }
            }
        }

        Stems = stems;
        _weightOf = Likeness.WeightsOf(_questions.Index().SelectMany(q => q.Item.Select(f => (q.Index, f))));
        _classifier = new Classifier([.. examples.Select(e => (e.Topic, Features.Weighed(e.Features, _weightOf)))], _topics.Count);
        _open = Places(t => t.StartsWith("open-", StringComparison.Ordinal));
        _manners = Places(t => Manners.Contains(t));
    }

    /// <summary>The lines of the bank: <c>topic NAME</c>, <c>? a way to ask</c>, <c>= a way to say it</c>.</summary>
    public static IEnumerable<string> Lines()
    {
        using var reader = new StreamReader(typeof(QuestionBank).Assembly.GetManifestResourceStream("medsim/questions.txt")!);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary>Topics that ask for nothing of the case.</summary>
    private static readonly HashSet<string> Manners = new(StringComparer.Ordinal) { "greeting", "introduction", "thanks", "empathy", "announce", "name", "age", "repeat", "check-understanding" };

    public static QuestionBank Usual => Read.Value;

    /// <summary>The stems of its words.</summary>
    public IReadOnlySet<string> Stems { get; }

    /// <summary>How many topics there are.</summary>
    public int Count => _topics.Count;

    /// <summary>The ways to ask for a topic.</summary>
    public IReadOnlyList<Dictionary<string, double>> QuestionsOf(int topic) => _questions[topic];

    /// <summary>Whether a topic asks for nothing of a case in particular.</summary>
    public bool IsManners(int topic) => _open.Contains(topic) || _manners.Contains(topic);

    /// <summary>How much a feature tells of what is asked, 0 to 1.</summary>
    public double WeightOf(string feature) => _weightOf(feature);

    /// <summary>How likely each topic is, 0 to 1, 1 together.</summary>
    public float[] TopicsOf(Dictionary<string, double> weighed) => _classifier.Of(weighed);

    /// <summary>How likely it is that nothing in particular is asked, 0 to 1.</summary>
    public double OpenOf(float[] topics) => _open.Sum(t => topics[t]);

    /// <summary>How likely it is that nothing is asked but manners are shown, 0 to 1.</summary>
    public double MannersOf(float[] topics) => _manners.Sum(t => topics[t]);

    private int[] Places(Predicate<string> isOne) => [.. Enumerable.Range(0, _topics.Count).Where(t => isOne(_topics[t]))];
}
