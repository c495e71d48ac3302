using System.Text.Json;
using Troupe.Apps.Yaml;

namespace Troupe.Apps.MedSim.Osce;

/// <summary>Reads a file of OSCE cases: a JSON object a line, each with <c>OSCE_Examination</c>.</summary>
internal static class OsceFile
{
    public const int MaxCases = 1000;
    private const string Root = "OSCE_Examination";

    /// <summary>Whether a text looks like such a file.</summary>
    public static bool Fits(string text) => text.AsSpan().TrimStart('\uFEFF').TrimStart() is ['{', ..];

    public static List<OsceReading> Read(string name, string text)
    {
        var readings = new List<OsceReading>();
        var number = 0;
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            if (readings.Count == MaxCases)
            {
                readings.Add(Refused(name, number, 1, $"A file has at most {MaxCases} cases; send the rest as another."));
                break;
            }

            readings.Add(ReadLine(name, number, line, ids));
        }

        if (readings.Count == 0)
        {
            readings.Add(Refused(name, 1, 1, "The file is empty."));
        }

        return readings;
    }

    private static OsceReading ReadLine(string name, int number, string line, HashSet<string> ids)
    {
        try
        {
            using var json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 16 });
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty(Root, out var examination) || examination.ValueKind != JsonValueKind.Object)
            {
                return Refused(name, number, 1, $"This line has no object '{Root}'.");
            }

            var builder = new OsceCaseBuilder(examination);
            if (builder.Missing is { } missing)
            {
                return Refused(name, number, 1, $"'{Root}' has no '{missing}', without which there is no case.");
            }

            var read = builder.Build();

            // The same case twice in a file is two cases, as its author has it.
            for (var copy = 2; !ids.Add(read.Id); copy++)
            {
                read = read with { Id = $"{builder.Id}-{copy}" };
            }

            return new(number, read, builder.Unmapped);
        }
        catch (JsonException broken)
        {
            return Refused(name, number, (broken.BytePositionInLine ?? 0) + 1, "This line is not valid JSON. Each line must be one whole object.");
        }
    }

    private static OsceReading Refused(string name, int line, long column, string what) => new(line, null, [], new FileMistake(name, line, column, what));
}
