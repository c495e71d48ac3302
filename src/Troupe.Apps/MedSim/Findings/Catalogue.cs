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
            if (line.Length > 0 && line[0] != '#')
            {
                var parts = line[2..].Split('|', StringSplitOptions.TrimEntries);
                string[] synonyms = parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                items.Add(line[0] == 'e'
                    ? new CatalogueItem(false, parts[0], parts[1], synonyms, parts[3], 0, int.Parse(parts[4], CultureInfo.InvariantCulture))
                    : new CatalogueItem(true, parts[0], parts[1], synonyms, parts[3], int.Parse(parts[4], CultureInfo.InvariantCulture), int.Parse(parts[5], CultureInfo.InvariantCulture)));
            }
        }

        return items;
    }
}
