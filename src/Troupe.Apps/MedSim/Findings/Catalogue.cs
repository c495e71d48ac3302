using System.Globalization;

namespace Troupe.Apps.MedSim.Findings;

/// <summary>What may be examined and tested anywhere, read once from the program itself. Thread-safe.</summary>
internal static class Catalogue
{
    public static IReadOnlyList<CatalogueItem> All { get; } = Read();

    private static List<CatalogueItem> Read()
    {
        using var reader = new StreamReader(typeof(Catalogue).Assembly.GetManifestResourceStream("medsim/catalogue.txt")!);
        var items = new List<CatalogueItem>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] == '+')
            {
                Name(items[^1], Listed(line[1..]));
                continue;
            }

            var parts = line[2..].Split('|', StringSplitOptions.TrimEntries);
            items.Add(line[0] == 'e'
                ? new(false, parts[0], parts[1], Listed(parts[2]), parts[3], 0, Whole(parts[4]))
                : new(true, parts[0], parts[1], Listed(parts[2]), parts[3], Whole(parts[4]), Whole(parts[5])));
            Name(items[^1], items[^1].Synonyms.Prepend(items[^1].Name));
        }

        return items;
    }

    private static void Name(CatalogueItem item, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            item.Add(name);
        }
    }

    private static string[] Listed(string names) => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static int Whole(string number) => int.Parse(number, CultureInfo.InvariantCulture);
}
